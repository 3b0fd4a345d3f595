//! patchbay-bench

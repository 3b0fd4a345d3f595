//! patchbay-aws

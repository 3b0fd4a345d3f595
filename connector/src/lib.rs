//! patchbay-connector

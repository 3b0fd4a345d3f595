//! patchbay-boot

//! Journal and result cache of attune, on sled.

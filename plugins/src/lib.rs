//! Component host, guest interface and built-in techniques of attune.

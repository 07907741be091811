"""The names in a run folder by which others than `keras_gan.runs` recognize and read it."""

CONFIG = "config.json"  # the file of its settings
VERSION = "keras_gan_version"  # a key in it that other programs' settings don't have
EXPORT = "export"  # the folder of its exports

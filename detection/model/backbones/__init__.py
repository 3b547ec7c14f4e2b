"""Convolutional networks that turn an image into feature maps of falling resolution."""

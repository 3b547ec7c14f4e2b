"""What an exported model takes: the input types of the Object Detection API's exporter, under its names."""

from enum import StrEnum

from sweepbox.detection.core.errors import UsageError


class InputType(StrEnum):
    """How pictures are given to an exported model.

    * `image_tensor`: uint8 `[1, height, width, 3]`, one picture;
    * `float_image_tensor`: float32 `[batch, height, width, 3]` with values 0..255;
    * `encoded_image_string_tensor`: string `[batch]`, the bytes of JPEG, PNG, BMP or GIF files;
    * `tf_example`: string `[batch]`, serialised Examples, of which only `image/encoded` is read.

    Colours are RGB. The pictures of a batch of bytes may differ in size.
    """

    IMAGE_TENSOR = "image_tensor"
    FLOAT_IMAGE_TENSOR = "float_image_tensor"
    ENCODED_IMAGE_STRING_TENSOR = "encoded_image_string_tensor"
    TF_EXAMPLE = "tf_example"


def input_type_of(name: str) -> InputType:
    """Return the input type of that name; UsageError lists the names."""
    try:
        return InputType(name)
    except ValueError:
        raise UsageError(f"input type {name!r}: there is none such; give {', '.join(InputType)}") from None

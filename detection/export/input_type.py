"""The input types of an exported model, by their names in the Object Detection API's exporter."""

from enum import StrEnum

from sweepbox.detection.core.errors import UsageError


class InputType(StrEnum):
    """The input of an exported model.

    * `image_tensor`: uint8 `[1, height, width, 3]`, one image;
    * `float_image_tensor`: float32 `[batch, height, width, 3]` with values 0..255;
    * `encoded_image_string_tensor`: string `[batch]`, the bytes of JPEG, PNG, BMP or GIF files;
    * `tf_example`: string `[batch]`, serialised Examples, of which only `image/encoded` is read.

    Images are RGB. Encoded images and Examples in a batch may differ in image size.
    """

    IMAGE_TENSOR = "image_tensor"
    FLOAT_IMAGE_TENSOR = "float_image_tensor"
    ENCODED_IMAGE_STRING_TENSOR = "encoded_image_string_tensor"
    TF_EXAMPLE = "tf_example"


def input_type_of(name: str) -> InputType:
    """Return the input type with a name.

    Raises:
        UsageError: There is no such input type; the message lists the names.
    """
    try:
        return InputType(name)
    except ValueError:
        raise UsageError(f"input type {name!r} does not exist; use one of {', '.join(InputType)}") from None

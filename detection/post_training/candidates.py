"""The settings of the suppression that are tried."""

from collections.abc import Iterator
from dataclasses import replace

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.post_processing import post_processing_problems
from sweepbox.detection.post_training.suppression import SuppressionSetting

IOU_THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
SIGMAS = (0.1, 0.2, 0.3, 0.5, 0.8)
PER_CLASS = 100
"""The detections per class and image that COCO's metrics use."""

MOST_IN_ALL = 300


def candidates(ssd: pb.Ssd) -> tuple[SuppressionSetting, ...]:
    """Return the settings to try, simplest first: the config's own, then in the order of `distance`.

    They are the IoU thresholds and sigmas of this module, each with the config's own limits and with wider
    ones: `PER_CLASS` detections of a class and that many of each class in all, at most `MOST_IN_ALL`. Settings
    that the config does not allow, such as soft suppression with `use_combined_nms`, are left out.
    """
    own = SuppressionSetting.of(ssd)
    found = dict.fromkeys(_all(own, ssd.num_classes))
    allowed = [
        setting for setting in found if setting == own or not post_processing_problems(setting.applied(ssd))
    ]
    return tuple(sorted(allowed, key=lambda setting: distance(setting, own)))


def distance(setting: SuppressionSetting, own: SuppressionSetting) -> tuple[float, ...]:
    """Return how far a setting is from the config's own; of two equally good ones the nearer is chosen.

    First the number of things that change (the kind of suppression counts twice, because soft suppression
    takes longer), then the change of the IoU threshold or of sigma.
    """
    other_kind = (setting.sigma > 0) != (own.sigma > 0)
    limits = (setting.per_class, setting.total) != (own.per_class, own.total)
    is_soft = setting.sigma > 0
    size = abs(setting.sigma - own.sigma) if is_soft else abs(setting.iou_threshold - own.iou_threshold)
    changes = 2 * other_kind + limits + (not other_kind and size > 0)
    return (changes, size, setting.iou_threshold, setting.sigma)


def _all(own: SuppressionSetting, classes: int) -> Iterator[SuppressionSetting]:
    per_class = max(own.per_class, PER_CLASS)
    wide = (per_class, max(own.total, per_class, min(per_class * classes, MOST_IN_ALL)))
    for per_class, total in dict.fromkeys([(own.per_class, own.total), wide]):
        limited = replace(own, per_class=per_class, total=total)
        yield limited
        for iou_threshold in IOU_THRESHOLDS:
            yield replace(limited, iou_threshold=iou_threshold, sigma=0.0)
        for sigma in SIGMAS:
            yield replace(limited, sigma=sigma)

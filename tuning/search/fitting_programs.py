"""Which suggestions may become trials: those that meet the requirements and whose program fits into memory."""

from collections.abc import Sequence

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.core.errors import ConfigError, SweepError
from sweepbox.detection.training.compile_key import CompileKey
from sweepbox.tuning.search.feasibility import Feasibility


class FittingPrograms:
    """The requirements of a sweep, and the programs that are known not to fit into memory."""

    def __init__(
        self, base: pb.TrainEvalPipelineConfig, feasibility: Feasibility, *, has_several: bool
    ) -> None:
        """Exclude no program; `has_several` says whether the space has several."""
        self._base = base
        self._feasibility = feasibility
        self._has_several = has_several
        self._excluded: set[str] = set()

    @property
    def excluded(self) -> frozenset[str]:
        """The ids of the programs that do not fit."""
        return frozenset(self._excluded)

    def exclude(self, *programs: str) -> None:
        """Have no more trials of these programs, given by their ids, suggested."""
        self._excluded.update(programs)

    def check(self) -> None:
        """Raise SweepError where the only program of the space does not fit."""
        if self._excluded and not self._has_several:
            raise SweepError(
                "no more trials can be suggested: all have the same compiled program, which ran out of memory "
                "even alone; set a smaller batch or image size, or add one to the space"
            )

    def allows(self, edits: Sequence[Edit]) -> bool:
        """Return whether a trial with these edits may run."""
        return self._feasibility.allows(edits) and not self._is_excluded(edits)

    def _is_excluded(self, edits: Sequence[Edit]) -> bool:
        """Return whether the config's program is excluded; a config that is refused has none."""
        if not self._excluded:
            return False
        try:
            return CompileKey.of(apply_edits(self._base, edits)).id in self._excluded
        except ConfigError:
            return False

"""The Batch Normalization toolkit: where it goes in a network, whether it works, what it brings."""

from trimtab.batchnorm import fit_checks as fit_checks
from trimtab.batchnorm.auditing import audit as audit
from trimtab.batchnorm.certificates import Certificate as Certificate
from trimtab.batchnorm.findings import Finding as Finding
from trimtab.batchnorm.findings import Report as Report
from trimtab.batchnorm.folding import Folded as Folded
from trimtab.batchnorm.folding import FoldedLayer as FoldedLayer
from trimtab.batchnorm.folding import Folding as Folding
from trimtab.batchnorm.folding import fold as fold
from trimtab.batchnorm.onnx_export import export_onnx as export_onnx
from trimtab.batchnorm.placing import Placed as Placed
from trimtab.batchnorm.placing import PlacedLayer as PlacedLayer
from trimtab.batchnorm.placing import Placement as Placement
from trimtab.batchnorm.placing import place as place
from trimtab.batchnorm.recalibrating import Recalibrate as Recalibrate
from trimtab.batchnorm.recalibrating import RecalibratedLayer as RecalibratedLayer
from trimtab.batchnorm.recalibrating import Recalibration as Recalibration
from trimtab.batchnorm.recalibrating import recalibrate as recalibrate
from trimtab.batchnorm.repairing import Repaired as Repaired
from trimtab.batchnorm.repairing import repair as repair
from trimtab.batchnorm.report_formats import read_baseline as read_baseline
from trimtab.batchnorm.report_formats import sarif as sarif
from trimtab.batchnorm.report_formats import write_baseline as write_baseline
from trimtab.batchnorm.rules import explain_rule as explain_rule
from trimtab.batchnorm.script_check import audit_script as audit_script

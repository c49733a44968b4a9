"""Callbacks: what happens beside training, at its start, its epochs and its batches."""

from trimtab.callbacks.backup_and_restore import BackupAndRestore as BackupAndRestore
from trimtab.callbacks.base import Callback as Callback
from trimtab.callbacks.callback_list import CallbackList as CallbackList
from trimtab.callbacks.callback_list import has_callback as has_callback
from trimtab.callbacks.callback_list import plain_logs as plain_logs
from trimtab.callbacks.csv_logger import CSVLogger as CSVLogger
from trimtab.callbacks.early_stopping import EarlyStopping as EarlyStopping
from trimtab.callbacks.history import History as History
from trimtab.callbacks.lambda_callback import LambdaCallback as LambdaCallback
from trimtab.callbacks.learning_rate_scheduler import LearningRateScheduler as LearningRateScheduler
from trimtab.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
from trimtab.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger
from trimtab.callbacks.progress_bar import Progbar as Progbar
from trimtab.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
from trimtab.callbacks.remote_monitor import RemoteMonitor as RemoteMonitor
from trimtab.callbacks.swap_ema_weights import SwapEMAWeights as SwapEMAWeights
from trimtab.callbacks.tensor_board import TensorBoard as TensorBoard
from trimtab.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN

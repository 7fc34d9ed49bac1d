"""Decisions and waiting, nothing else. The worker registers what is listed here."""

from workflows.case import CaseWorkflow
from workflows.delivery import DeliveryWorkflow
from workflows.jobs import DailyJobWorkflow, JobWorkflow

WORKFLOWS = [CaseWorkflow, DeliveryWorkflow, JobWorkflow, DailyJobWorkflow]

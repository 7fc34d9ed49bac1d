"""whose a document is, and who has read it

Revision: 0018
Revises: 0017
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.base


revision: str = '0018'
down_revision: str | None = '0017'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('document_access',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('case_no', sa.String(length=21), nullable=True),
    sa.Column('reader', sa.String(length=64), nullable=False),
    sa.Column('purpose', sa.String(length=16), nullable=False),
    sa.Column('at', storage.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document_access'))
    )
    op.create_index('ix_document_access_document', 'document_access', ['sha256', 'at'])
    op.create_index('ix_document_access_case', 'document_access', ['case_no', 'at'])
    op.create_table('document_upload',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('uploader', sa.String(length=64), nullable=False),
    sa.Column('uploaded_at', storage.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', storage.base.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['sha256'], ['document.sha256'], name=op.f('fk_document_upload_sha256_document')),
    sa.PrimaryKeyConstraint('sha256', 'uploader', name=op.f('pk_document_upload'))
    )
    op.create_index('ix_document_upload_drafts', 'document_upload', ['uploader', 'expires_at'])
    op.create_index('ix_document_upload_expires', 'document_upload', ['expires_at'])
    op.create_table('case_document',
    sa.Column('case_no', sa.String(length=21), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('bound_at', storage.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_no'], ['case_file.case_no'], name=op.f('fk_case_document_case_no_case_file')),
    sa.PrimaryKeyConstraint('case_no', 'sha256', name=op.f('pk_case_document'))
    )
    op.create_index(op.f('ix_case_document_sha256'), 'case_document', ['sha256'])
    op.create_index(op.f('ix_scan_proof_sha256'), 'scan_proof', ['sha256'])


def downgrade() -> None:
    op.drop_index(op.f('ix_scan_proof_sha256'), table_name='scan_proof')
    op.drop_table('case_document')
    op.drop_table('document_upload')
    op.drop_table('document_access')

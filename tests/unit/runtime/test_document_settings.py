"""Where documents lie and what looks at them is a setting; the default needs neither S3 nor a scanner."""

import pytest

from cli.doctor import examine
from domain.errors import Misconfigured
from runtime.container import container_of
from runtime.settings import load_settings
from storage.documents.folder import FolderBlobs
from storage.documents.s3 import S3Blobs
from storage.documents.store import nothing_scans
from tests.borders import nobodys_ports, nowhere
from tests.scanner import scanning

S3 = {"s3_url": "https://s3.example/", "s3_access_key": "k", "s3_secret_key": "secret-of-s3"}


def made(tmp_path, **documents):
    return load_settings(None, sandbox="1", data_dir=str(tmp_path), documents=documents)


def test_the_folder_and_no_scanner_unless_told(tmp_path):
    documents = container_of(made(tmp_path)).documents
    assert isinstance(documents._blobs, FolderBlobs)
    assert documents._scan is nothing_scans


def test_s3_and_a_scanner(tmp_path):
    documents = container_of(made(tmp_path, clamd="[::1]:3310", **S3)).documents
    assert isinstance(documents._blobs, S3Blobs)
    assert documents._scan.__self__._where == ("::1", 3310)


@pytest.mark.parametrize(
    "wrong",
    [{"s3_url": "s3.example"}, {"s3_url": "https://s3.example/bucket"}, {"clamd": "3310"}, {"quota_mb": "0"},
     {**S3, "s3_secret_key": ""}],
)  # fmt: skip
def test_what_is_wrong_is_named_without_its_value(tmp_path, wrong):
    with pytest.raises(Misconfigured) as refused:
        made(tmp_path, **wrong)
    assert "DOCUMENTS" in str(refused.value) and "secret-of-s3" not in str(refused.value)


async def findings(tmp_path, monkeypatch, **variables):
    monkeypatch.chdir(tmp_path)
    ports = {name.upper(): str(port) for name, port in nobodys_ports().items()}
    for name, value in {**ports, "SANDBOX": "1", "DATA_DIR": str(tmp_path), **variables}.items():
        monkeypatch.setenv(name, value)
    return {finding.what: finding.level for finding in await examine()}


async def test_the_doctor_asks_the_store_and_the_scanner(tmp_path, monkeypatch):
    found = await findings(tmp_path, monkeypatch)
    assert (found["文件库"], "病毒扫描" in found) == ("pass", False)
    away = f"127.0.0.1:{nowhere()}"
    s3 = {f"DOCUMENTS_{name.upper()}": value for name, value in S3.items()} | {"DOCUMENTS_S3_URL": f"http://{away}"}
    found = await findings(tmp_path, monkeypatch, DOCUMENTS_CLAMD=away, **s3)
    assert (found["文件库"], found["病毒扫描"]) == ("fail", "fail")
    with scanning() as scanner:
        found = await findings(tmp_path, monkeypatch, DOCUMENTS_CLAMD=f"127.0.0.1:{scanner.port}", **s3)
        assert found["病毒扫描"] == "pass"

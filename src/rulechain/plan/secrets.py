"""A chain's secrets: `ruleChain.configuration.secrets`, decrypted for `${secrets.x}` and masked wherever people look.

RuleGo encrypts with AES-256-CBC and PKCS #7 padding; the text is the hex of the initialisation vector and the cipher
text. Its key is the engine's, cut or filled up with the digit 0 to 32 bytes. A value that is not such a text is plain.
"""

import importlib.util
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rulechain.diagnostics import Code, Diagnostic, Location, Severity, Source, pointer_to
from rulechain.model import Message
from rulechain.values import EMPTY, JsonError, StringMap, decode_json, to_json, to_text

MASK = "***"
# Masking something shorter would blacken texts that have nothing to do with it.
_SHORTEST = 4
_BLOCK = 16
_KEY_BYTES = 32
_POINTER = "/ruleChain/configuration/secrets"
_ENCRYPTED = re.compile(r"(?:[0-9a-fA-F]{32}){2,}")


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one chain, by name."""

    values: StringMap = EMPTY
    # What is replaced wherever people look: also the texts that a secret becomes inside JSON.
    hidden: re.Pattern[str] | None = None

    def mask(self, text: str) -> str:
        """Return a text without the secrets in it."""
        return text if self.hidden is None else self.hidden.sub(MASK, text)

    def mask_error(self, error: str | None) -> str | None:
        """Return an error without the secrets in it."""
        return None if error is None else self.mask(error)

    def mask_message(self, message: Message) -> Message:
        """Return a message without the secrets in it."""
        if self.hidden is None:
            return message
        metadata = {key: self.mask(text) for key, text in message.metadata.items()}
        text = self.mask(message.text)
        data = text.encode("utf-8", "surrogateescape") if isinstance(message.data, bytes) else text
        return message.replace(data=data, type=self.mask(message.type), metadata=StringMap(metadata))

    def mask_diagnostic(self, found: Diagnostic) -> Diagnostic:
        """Return a finding without the secrets in it."""
        if self.hidden is None:
            return found
        return replace(found, message=self.mask(found.message), hint=self.mask_error(found.hint))

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self.values))})"


NO_SECRETS = Secrets()


def read_secrets(configuration: Mapping[str, Any], key: str | None, source: Source) -> tuple[Secrets, list[Diagnostic]]:
    """Return a chain's secrets, and what is wrong with them.

    Args:
        configuration: The chain's.
        key: The engine's; without one, encrypted texts stay as they are.
        source: The document.
    """
    written = _written(configuration)
    if not written:
        return NO_SECRETS, []
    values: dict[str, str] = {}
    diagnostics: list[Diagnostic] = []
    for name, text in written.items():
        location = Location(source, f"{_POINTER}{pointer_to(name)}")
        values[name] = text
        if not is_encrypted(text):
            continue
        if not key:
            message = f'the secret "{name}" looks encrypted, and the engine has no secret key'
            hint = "give the engine its secret_key"
            diagnostics.append(Diagnostic(Code.BAD_SECRET, message, location, Severity.WARNING, hint=hint))
        elif importlib.util.find_spec("cryptography") is None:
            message = f'the secret "{name}" needs the library "cryptography", which is not installed'
            hint = 'install it: pip install "rulechain[secrets]"'
            diagnostics.append(Diagnostic(Code.MISSING_EXTRA, message, location, hint=hint))
        else:
            try:
                values[name] = decrypt_secret(text, key)
            except ValueError:
                message = f'the secret "{name}" cannot be decrypted with the engine\'s secret key'
                diagnostics.append(Diagnostic(Code.BAD_SECRET, message, location))
    return Secrets(StringMap(values), _pattern(values.values())), diagnostics


def without_plain_secrets(configuration: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a chain's configuration for others to see: what is not encrypted of its secrets is masked."""
    written = _written(configuration)
    if not written:
        return configuration
    shown = {name: text if is_encrypted(text) else MASK for name, text in written.items()}
    return {**configuration, "secrets": shown}


def is_encrypted(text: str) -> bool:
    """Say whether a text has the form of an encrypted secret."""
    return _ENCRYPTED.fullmatch(text) is not None


def encrypt_secret(text: str, key: str) -> str:
    """Return a secret as it may stand in a document; each time another text."""
    from cryptography.hazmat.primitives.padding import PKCS7  # noqa: PLC0415 - an extra

    padder = PKCS7(8 * _BLOCK).padder()
    vector = os.urandom(_BLOCK)
    encryptor = _cipher(key, vector).encryptor()
    padded = padder.update(text.encode()) + padder.finalize()
    encrypted: bytes = encryptor.update(padded) + encryptor.finalize()
    return (vector + encrypted).hex()


def decrypt_secret(text: str, key: str) -> str:
    """Return what an encrypted secret says.

    Raises:
        ValueError: It is not one, or was encrypted with another key.
    """
    from cryptography.hazmat.primitives.padding import PKCS7  # noqa: PLC0415 - an extra

    data = bytes.fromhex(text)
    decryptor = _cipher(key, data[:_BLOCK]).decryptor()
    unpadder = PKCS7(8 * _BLOCK).unpadder()
    padded = decryptor.update(data[_BLOCK:]) + decryptor.finalize()
    plain: bytes = unpadder.update(padded) + unpadder.finalize()
    return plain.decode()


def _cipher(key: str, vector: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415 - an extra

    return Cipher(algorithms.AES(key.encode()[:_KEY_BYTES].ljust(_KEY_BYTES, b"0")), modes.CBC(vector))


def _written(configuration: Mapping[str, Any]) -> dict[str, str]:
    """Return the secrets as texts: an object, or a text that holds one; anything else means none."""
    found = configuration.get("secrets")
    if isinstance(found, str):
        try:
            found = decode_json(found)
        except JsonError:
            return {}
    return {name: to_text(value) for name, value in found.items()} if isinstance(found, Mapping) else {}


def _pattern(values: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds secrets in a text, also where JSON has escaped them; the longest first."""
    texts = {text for value in values if len(value) >= _SHORTEST for text in (value, _in_json(value))}
    return re.compile("|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))) if texts else None


def _in_json(text: str) -> str:
    return to_json(text)[1:-1]

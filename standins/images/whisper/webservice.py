"""The HTTP interface of the Whisper ASR web service, without speech recognition: a transcript tells what was sent.

POST /asr and /detect-language take the multipart field `audio_file`; answers have the official service's forms and
headers. Nothing is kept between requests, and nothing of a request is logged.
"""

import email.parser
import email.policy
import hashlib
import io
import json
import re
import signal
import sys
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

PORT = 9000
OUTPUTS = ("txt", "vtt", "srt", "tsv", "json")
TASKS = ("transcribe", "translate")
# Whisper itself works on pieces of 30 s; an hour of 16-bit mono at 16 kHz is 115 MB.
MOST_BYTES = 128 * 1024 * 1024


def transcript(audio: bytes) -> tuple[str, float]:
    """What stands in for the spoken words, and the length of the audio in seconds (0 where it is no WAV)."""
    try:
        with wave.open(io.BytesIO(audio)) as sound:
            seconds = sound.getnframes() / sound.getframerate()
    except (wave.Error, EOFError, ZeroDivisionError):
        seconds = 0.0
    digest = hashlib.sha256(audio).hexdigest()[:16]
    return f"stand-in without speech recognition: {len(audio)} bytes, sha256 {digest}", seconds


def stamp(seconds: float, separator: str, hours: bool) -> str:
    """A time as subtitles have it: WebVTT leaves the hours out, SubRip has a comma."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    if hours or minutes >= 60:
        return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{separator}{rest % 1000:03}"
    return f"{minutes:02}:{rest // 1000:02}{separator}{rest % 1000:03}"


def render(text: str, seconds: float, output: str, language: str) -> str:
    """The transcript in one of the official output forms."""
    if output == "json":
        segment = {"id": 0, "seek": 0, "start": 0.0, "end": seconds, "text": text}
        return json.dumps({"text": text, "segments": [segment], "language": language})
    if output == "vtt":
        return f"WEBVTT\n\n{stamp(0, '.', False)} --> {stamp(seconds, '.', False)}\n{text}\n\n"
    if output == "srt":
        return f"1\n{stamp(0, ',', True)} --> {stamp(seconds, ',', True)}\n{text}\n\n"
    if output == "tsv":
        return f"start\tend\ttext\n0\t{round(seconds * 1000)}\t{text}\n"
    return f"{text}\n"


class Handler(BaseHTTPRequestHandler):
    """Answers as the official service does."""

    protocol_version = "HTTP/1.1"
    server_version = "whisper-asr-stand-in"
    sys_version = ""
    # A client that stops sending must not hold a thread for ever.
    timeout = 60

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/":
            self.answer(307, b"", {"Location": "/docs"})
        elif path == "/docs":
            self.answer(200, b"<title>Whisper Asr Webservice (stand-in)</title>", {"Content-Type": "text/html"})
        elif path == "/openapi.json":
            paths = {route: {"post": {"tags": ["Endpoints"]}} for route in ("/asr", "/detect-language")}
            info = {"title": "Whisper Asr Webservice", "description": "stand-in", "version": "stand-in"}
            self.json(200, {"openapi": "3.1.0", "info": info, "paths": paths})
        else:
            self.json(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        if url.path not in ("/asr", "/detect-language"):
            self.json(404, {"detail": "Not Found"})
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MOST_BYTES:
            self.close_connection = True
            self.json(413 if length.isdigit() else 411, {"detail": f"a length of at most {MOST_BYTES} bytes is needed"})
            return
        upload = self.upload(self.rfile.read(int(length)))
        if upload is None:
            self.unprocessable("missing", ["body", "audio_file"], "Field required")
        elif url.path == "/asr":
            self.transcribe(*upload, {key: values[-1] for key, values in parse_qs(url.query).items()})
        else:
            self.json(200, {"detected_language": "english", "language_code": "en", "confidence": 0.0})

    def transcribe(self, name: str, audio: bytes, query: dict[str, str]) -> None:
        """Answers /asr."""
        output = query.get("output", "txt")
        for key, value, known in (("output", output, OUTPUTS), ("task", query.get("task", TASKS[0]), TASKS)):
            if value not in known:
                self.unprocessable("enum", ["query", key], f"Input should be one of {', '.join(known)}")
                return
        text, seconds = transcript(audio)
        body = render(text, seconds, output, query.get("language", "en")).encode()
        disposition = f'attachment; filename="{quote(name)}.{output}"'
        headers = {"Content-Type": "text/plain; charset=utf-8", "Asr-Engine": "stand-in"}
        self.answer(200, body, {**headers, "Content-Disposition": disposition})

    def upload(self, body: bytes) -> tuple[str, bytes] | None:
        """Name and content of the field `audio_file`."""
        kind = self.headers.get("Content-Type", "")
        if not re.match(r"multipart/form-data\s*;", kind):
            return None
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        for part in message.iter_parts():
            if part.get_param("name", header="content-disposition") == "audio_file":
                return part.get_filename() or "", part.get_payload(decode=True) or b""
        return None

    def unprocessable(self, kind: str, place: list[str], message: str) -> None:
        self.json(422, {"detail": [{"type": kind, "loc": place, "msg": message}]})

    def json(self, status: int, value: object) -> None:
        self.answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: what people say is nobody's business."""


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("0.0.0.0", PORT), Handler).serve_forever()


if __name__ == "__main__":
    main()

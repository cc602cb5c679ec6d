#!/usr/bin/env python3
"""Serves files of a directory over HTTP, as badly as the path asks for; prints its port first, then what was asked.

usage: archive_server.py DIR

/ok/NAME            with parts and an ETag
/redirect/N/NAME    N redirections, then ok
/broken/NAME        each answer breaks off in the middle of what it should send, as long as that is much
/changing/NAME      the same, with another ETag each time: parts do not fit together
/norange/NAME       the first answer breaks off; requests for parts are answered with the whole
/busy/NAME          503 twice
/truncated/NAME     half of it, and nothing says that there is more
/slow/NAME          a hundredth each second
/endless            never ends
A request with a whole address, as for a proxy, is answered as /ok/NAME if the host is elsewhere.invalid.
"""
import http.server
import os
import sys
import time
from urllib.parse import urlsplit

ROOT = sys.argv[1]
asked = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def fail(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        self.close_connection = True
        print(self.path, self.headers.get("Range", "-"), flush=True)
        parts = urlsplit(self.path)
        how, _, name = parts.path.lstrip("/").partition("/")
        if parts.netloc:
            how, name = "ok", parts.path.lstrip("/")
            if parts.hostname != "elsewhere.invalid":
                return self.fail(502)
        times = asked[self.path] = asked.get(self.path, 0) + 1
        if how == "endless":
            return self.endless()
        if how == "redirect":
            left, _, name = name.partition("/")
            self.send_response(302)
            self.send_header("Location", f"/redirect/{int(left) - 1}/{name}" if int(left) > 1 else f"/ok/{name}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if how == "busy" and times <= 2:
            return self.fail(503)
        try:
            with open(os.path.join(ROOT, os.path.basename(name)), "rb") as f:
                content = f.read()
        except OSError:
            return self.fail(404)
        self.answer(how, content, times)

    def endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(20):
                self.wfile.write(b" " * (1 << 20))
        except OSError:
            pass

    def answer(self, how, content, times):
        tag = f'"{len(content)}{times if how == "changing" else ""}"'
        begin = 0
        wanted = self.headers.get("Range", "")
        fits = self.headers.get("If-Range", tag) == tag
        if wanted.startswith("bytes=") and how != "norange" and fits:
            begin = int(wanted[6:].split("-")[0])
            if begin >= len(content):
                return self.fail(416)
        body = content[begin:]
        self.send_response(206 if begin > 0 else 200)
        if begin > 0:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.send_header("ETag", tag)
        if how == "truncated":
            body = body[:len(body) // 2]
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        breaks = how == "broken" or (how == "norange" and times == 1) or (how == "changing" and times <= 2)
        if breaks and len(body) > 100000:
            body = body[:len(body) // 2]
        try:
            step = max(1, len(body) // 100) if how == "slow" else len(body)
            for at in range(0, len(body), max(1, step)):
                self.wfile.write(body[at:at + step])
                if how == "slow":
                    time.sleep(1)
        except OSError:
            pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()

"""The Hugging Face hub's HTTP interface, as far as publishing and reading a model need it.

Written after what the client sends and expects: repositories, validation of cards, uploads in the
commit and through LFS, commits, listings and files.
"""

import base64
import contextlib
import hashlib
import http.server
import json
import threading
import urllib.parse

import yaml

TOKEN = "hf_of_the_tests"


class Hub(http.server.ThreadingHTTPServer):
    """A hub of this machine with repositories in memory.

    Attributes:
        repositories: Name -> list of commits, each path -> bytes.
        private: Names of those that need the token.
        requests: Method and path of each request.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories, self.private, self.stored, self.requests = {}, set(), {}, []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def sha(self, name):
        return hashlib.sha1(f"{name} {len(self.repositories[name])}".encode()).hexdigest()


@contextlib.contextmanager
def serving():
    """Serves a new hub."""
    with Hub() as hub:
        threading.Thread(target=hub.serve_forever, args=(0.01,), daemon=True).start()
        yield hub
        hub.shutdown()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.handle_request()

    def do_GET(self):
        self.handle_request()

    def do_PUT(self):
        self.handle_request()

    def do_POST(self):
        self.handle_request()

    def handle_request(self):
        path = urllib.parse.urlsplit(self.path).path
        self.server.requests.append(f"{self.command} {path}")
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = path.strip("/").split("/")
        if self.command == "PUT":
            self.server.stored[parts[1]] = self.body
            return self.answer(b"")
        if parts[0] == "api":
            return self.answer_interface(parts[1:])
        if "info" in parts:
            return self.offer_storage()
        name = "/".join(parts[:2])
        if not self.may_read(name):
            return self.refuse(404, "RepoNotFound", "Repository not found")
        return self.answer_file(name, "/".join(parts[4:]))

    def has_token(self):
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def may_read(self, name):
        is_open = name not in self.server.private or self.has_token()
        return name in self.server.repositories and is_open

    def answer_interface(self, parts):
        if parts[0] == "validate-yaml":
            return self.validate(json.loads(self.body)["content"])
        if self.command == "POST" and not self.has_token():
            return self.refuse(401, None, "Invalid username or password.")
        if parts == ["repos", "create"]:
            return self.create(json.loads(self.body))
        name, action = "/".join(parts[1:3]), (parts[3:] or ["revision"])[0]
        if not self.may_read(name):
            return self.refuse(404, "RepoNotFound", "Repository not found")
        if action == "revision" and parts[4:] not in ([], ["main"]):
            return self.refuse(404, "RevisionNotFound", f"Invalid rev id: {parts[4]}")
        return getattr(self, f"answer_{action}")(name)

    def validate(self, card):
        fields = yaml.safe_load(card.split("---")[1])
        if fields.get("license") == "other" and "license_name" not in fields:
            return self.tell({"errors": [{"message": "license_name is required"}]}, 400)
        return self.tell({"errors": [], "warnings": []})

    def create(self, asked):
        owner, name = asked.get("organization") or "me", asked["name"]
        if owner == "others":
            return self.refuse(403, None, "You don't have the rights to create a model there")
        full, url = f"{owner}/{name}", f"{self.server.url}/{owner}/{name}"
        if full in self.server.repositories:
            return self.tell({"error": "You already created this model repo", "url": url}, 409)
        self.server.repositories[full] = [{}]
        if asked.get("private") or asked.get("visibility") == "private":
            self.server.private.add(full)
        return self.tell({"url": url, "name": full})

    def answer_preupload(self, name):
        modes = [
            {
                "path": each["path"],
                "uploadMode": "lfs" if each["path"].endswith((".keras", ".onnx")) else "regular",
                "shouldIgnore": False,
                "oid": None,
            }
            for each in json.loads(self.body)["files"]
        ]
        return self.tell({"files": modes})

    def offer_storage(self):
        asked = json.loads(self.body)["objects"]
        objects = [
            {**each, "actions": {"upload": {"href": f"{self.server.url}/stored/{each['oid']}"}}}
            for each in asked
        ]
        return self.tell({"transfer": "basic", "objects": objects})

    def answer_commit(self, name):
        commits = self.server.repositories[name]
        files = dict(commits[-1])
        for line in self.body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                files[value["path"]] = self.server.stored[value["oid"]]
        commits.append(files)
        sha = self.server.sha(name)
        url = f"{self.server.url}/{name}/commit/{sha}"
        return self.tell({"success": True, "commitOid": sha, "commitUrl": url})

    def answer_revision(self, name):
        files = [{"rfilename": path} for path in self.server.repositories[name][-1]]
        return self.tell({"id": name, "sha": self.server.sha(name), "siblings": files})

    def answer_tree(self, name):
        return self.tell(
            [
                {"type": "file", "path": path, "size": len(content), "oid": etag(content)}
                for path, content in self.server.repositories[name][-1].items()
            ]
        )

    def answer_file(self, name, path):
        content = self.server.repositories[name][-1].get(path)
        if content is None:
            return self.refuse(404, "EntryNotFound", "Entry not found")
        headers = {"X-Repo-Commit": self.server.sha(name), "ETag": f'"{etag(content)}"'}
        return self.answer(content, headers=headers)

    def tell(self, content, status=200):
        self.answer(json.dumps(content).encode(), status, {"Content-Type": "application/json"})

    def refuse(self, status, code, message):
        headers = {"X-Error-Message": message, **({"X-Error-Code": code} if code else {})}
        self.answer(json.dumps({"error": message}).encode(), status, headers)

    def answer(self, content, status=200, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def etag(content):
    """Returns a file's name in git."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

#!/usr/bin/env bash
# python3: threads, subprocess, multiprocessing, asyncio, files, sockets, signals.
. "$(dirname "$0")/lib.sh"
battery core

try 'start and imports' <<'END'
python3 -c 'import sys, os, platform; print(sys.version, sys.platform, sys.executable, sys.prefix, os.getcwd() == os.path.realpath("."), platform.machine())'
python3 -c 'import sys, os, pkgutil
skip = {"antigravity", "this", "idlelib", "turtledemo", "__main__", "test", "lib2to3", "tkinter"}
for m in sorted(x.name for x in pkgutil.iter_modules() if x.name not in skip and not x.name.startswith("_")):
    try: __import__(m); print(m)
    except ImportError as e: print(m, "no")' 2>/dev/null
python3 -m compileall -q /usr/lib/python3.11/json -d x -o 0 >/dev/null 2>&1; echo $?
END
try 'threads' <<'END'
cat >t.py <<'P'
import threading, queue, time, concurrent.futures as cf, hashlib
q, out, lock = queue.Queue(), [], threading.Lock()
def work():
    while (n := q.get()) is not None:
        open(f"f{n}", "w").write(str(n))
        with lock: out.append(int(open(f"f{n}").read()) ** 2)
        q.task_done()
ts = [threading.Thread(target=work) for _ in range(20)]
[t.start() for t in ts]; [q.put(i) for i in range(500)]; q.join(); [q.put(None) for _ in ts]; [t.join() for t in ts]
print(sum(out))
with cf.ThreadPoolExecutor(8) as e: print(sum(e.map(lambda n: hashlib.sha256(bytes(n)).digest()[0], range(300))))
e = threading.Event(); threading.Timer(0.05, e.set).start(); print(e.wait(5))
b = threading.Barrier(5); r = []
ts = [threading.Thread(target=lambda: r.append(b.wait())) for _ in range(5)]; [t.start() for t in ts]; [t.join() for t in ts]; print(sorted(r))
for _ in range(200): t = threading.Thread(target=lambda: None); t.start(); t.join()
print(threading.active_count())
P
python3 t.py
END
try 'subprocess' <<'END'
cat >t.py <<'P'
import subprocess as s, os, sys
print(s.run(["echo", "hi"], capture_output=True, text=True)); print(s.run("exit 7", shell=True).returncode)
print(s.run(["sh", "-c", "kill -9 $$"]).returncode); print(s.check_output(["tr", "a-z", "A-Z"], input=b"upper"))
for e in ("/nonexistent", "/etc/passwd", "/etc"):
    try: s.run([e])
    except OSError as x: print(x)
p = [s.Popen(["sleep", "0.1"]) for _ in range(30)]; print({x.wait() for x in p})
try: s.run(["sleep", "10"], timeout=0.2)
except s.TimeoutExpired as x: print("timeout")
print(s.run(["pwd"], cwd="/usr", stdout=s.PIPE).stdout); print(s.run(["env"], env={"A": "1"}, stdout=s.PIPE).stdout)
r, w = os.pipe(); print(s.run(["sh", "-c", f"echo x >&{w}; ls /proc/self/fd | wc -l"], pass_fds=[w], stdout=s.PIPE).stdout, os.read(r, 9))
print(s.run(["cat"], stdin=s.DEVNULL).returncode, s.run("echo err >&2", shell=True, stderr=s.PIPE).stderr)
print(s.run(["id", "-u"], start_new_session=True, stdout=s.PIPE).stdout, s.run("umask", shell=True, umask=0o77, stdout=s.PIPE).stdout)
print(s.run(["sh", "-c", "ulimit -n"], preexec_fn=lambda: __import__("resource").setrlimit(7, (99, 99)), stdout=s.PIPE).stdout)
a = s.Popen(["seq", "100000"], stdout=s.PIPE); b = s.Popen(["tail", "-1"], stdin=a.stdout, stdout=s.PIPE); a.stdout.close(); print(b.communicate()[0])
pid = os.posix_spawn("/bin/echo", ["echo", "spawned"], {}); print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
for i in range(100): assert s.call(["/bin/true"]) == 0
os.execv(sys.executable, [sys.executable, "-c", "print('exec')"])
P
python3 -u t.py
END
try 'multiprocessing' <<'END'
cat >t.py <<'P'
import multiprocessing as mp, os
from multiprocessing import shared_memory
def square(x): return x * x
def child(q, v, l, name):
    m = shared_memory.SharedMemory(name); m.buf[0] += 1; m.close()
    with l: v.value += 1
    q.put(os.getppid() > 0)
if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        c = mp.get_context(method)
        with c.Pool(4) as p: print(method, sum(p.map(square, range(1000))), p.apply_async(square, (7,)).get(20))
        q, v, l = c.Queue(), c.Value("i", 0), c.Lock(); m = shared_memory.SharedMemory(create=True, size=64)
        ps = [c.Process(target=child, args=(q, v, l, m.name)) for _ in range(5)]; [p.start() for p in ps]
        print([q.get(timeout=20) for _ in ps]); [p.join() for p in ps]; print(v.value, {p.exitcode for p in ps}, m.buf[0] > 0); m.close(); m.unlink()
    a, b = mp.Pipe(); p = mp.Process(target=lambda: b.send(b.recv() * 2)); p.start(); a.send([1]); print(a.recv()); p.join()
    with mp.Manager() as m: d = m.dict(); d["k"] = 1; print(dict(d))
P
python3 t.py; ls /dev/shm | grep -c psm_
true
END
try 'asyncio' <<'END'
cat >t.py <<'P'
import asyncio, signal, os
async def main():
    print(await asyncio.gather(*(asyncio.sleep(0.01 * (5 - i), i) for i in range(5))))
    p = await asyncio.create_subprocess_exec("sh", "-c", "cat; echo err >&2; exit 3", stdin=-1, stdout=-1, stderr=-1); print(await p.communicate(b"in"), p.returncode)
    ps = [await asyncio.create_subprocess_shell(f"echo {i}", stdout=-1) for i in range(20)]; print([(await p.communicate())[0] for p in ps])
    async def echo(r, w): w.write(await r.readline()); await w.drain(); w.close()
    for server, connect in ((await asyncio.start_server(echo, "127.0.0.1", 0), None), (await asyncio.start_unix_server(echo, "s.sock"), "s.sock")):
        async def client(i):
            r, w = await (asyncio.open_unix_connection(connect) if connect else asyncio.open_connection(*server.sockets[0].getsockname())); w.write(b"%d\n" % i); x = await r.read(); w.close(); return int(x)
        print(sum(await asyncio.gather(*map(client, range(50))))); server.close()
    e = asyncio.Event(); asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, e.set); os.kill(os.getpid(), signal.SIGUSR1); await asyncio.wait_for(e.wait(), 5); print("signal")
    print(await asyncio.to_thread(os.listdir, "/usr/share/doc/apt") != [])
    try: await asyncio.wait_for(asyncio.sleep(9), 0.05)
    except asyncio.TimeoutError: print("timeout")
asyncio.run(main())
P
python3 t.py
END
try 'files' <<'END'
cat >t.py <<'P'
import os, shutil, tempfile, pathlib, glob, stat, mmap, fcntl, json, sqlite3, zipfile, tarfile, errno, ctypes, dbm, select, filecmp
os.makedirs("a/b/c"); pathlib.Path("a/b/f").write_text("text" * 10000); os.link("a/b/f", "a/g"); os.symlink("b/f", "a/l")
print([(e.name, e.is_dir(), e.is_symlink()) for e in sorted(os.scandir("a"), key=lambda e: e.name)]); print(sorted((r, sorted(d), sorted(f)) for r, d, f in os.walk("a")))
s = os.stat("a/l"); print(oct(s.st_mode), s.st_nlink, s.st_uid, s.st_gid, s.st_size, os.readlink("a/l"), os.path.samefile("a/g", "a/l"))
shutil.copytree("a", "t", symlinks=True); print(filecmp.dircmp("a", "t").diff_files, sorted(os.listdir("t"))); shutil.make_archive("z", "zip", "t"); print(sorted(zipfile.ZipFile("z.zip").namelist()))
with tarfile.open("z.tar.gz", "w:gz") as t: t.add("a")
with tarfile.open("z.tar.gz") as t: t.extractall("x"); print(sorted(t.getnames()))
with open("m", "w+b") as f: f.truncate(8192); m = mmap.mmap(f.fileno(), 8192); m[5000:5005] = b"hello"; m.flush(); f.seek(5000); print(f.read(5))
f = open("lock", "w"); fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB); fcntl.lockf(f, fcntl.LOCK_EX); pid = os.fork()
if pid == 0:
    try: fcntl.lockf(open("lock", "w"), fcntl.LOCK_EX | fcntl.LOCK_NB); os._exit(0)
    except OSError as e: os._exit(e.errno)
print(errno.errorcode[os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])])
d = sqlite3.connect("db"); d.execute("create table t(x)"); d.executemany("insert into t values(?)", [(i,) for i in range(10000)]); d.commit(); print(d.execute("select sum(x) from t").fetchone()); d.execute("pragma journal_mode=wal"); d.execute("delete from t where x % 2"); d.commit(); print(d.execute("select count(*) from t").fetchone()); d.close()
fd = os.open("a", os.O_RDONLY); print(os.stat("b/f", dir_fd=fd).st_size, sorted(os.listdir(fd))); os.mkdir("n", dir_fd=fd); os.rename("n", "o", src_dir_fd=fd, dst_dir_fd=fd); os.rmdir("o", dir_fd=fd); os.fchdir(fd); print(os.path.basename(os.getcwd())); os.chdir("..")
for call in (lambda: os.open("no", 0), lambda: os.mkdir("a"), lambda: os.rmdir("a"), lambda: os.listdir("m"), lambda: os.unlink("a"), lambda: os.rename("a", "a/b/x"), lambda: os.readlink("m"), lambda: os.open("l" * 300, 0)):
    try: call(); print("no error")
    except OSError as e: print(errno.errorcode[e.errno])
with tempfile.TemporaryDirectory() as t: print(os.path.dirname(t)); tempfile.TemporaryFile().write(b"x"); tempfile.NamedTemporaryFile()
os.chmod("m", 0o640); os.utime("m", ns=(10**18 + 1, 10**18 + 2)); s = os.stat("m"); print(oct(s.st_mode), s.st_atime_ns, s.st_mtime_ns); os.truncate("m", 3); print(os.path.getsize("m"))
try: os.setxattr("m", "user.test", b"v"); print(os.getxattr("m", "user.test"), os.listxattr("m")); os.removexattr("m", "user.test")
except OSError as e: print(e)
print(os.sendfile(os.open("copy", os.O_WRONLY | os.O_CREAT), os.open("a/g", 0), 0, 100000), os.copy_file_range(os.open("a/g", 0), os.open("copy2", os.O_WRONLY | os.O_CREAT), 5000)); os.posix_fallocate(os.open("fa", os.O_WRONLY | os.O_CREAT), 0, 5000); print(os.path.getsize("fa"))
print(os.memfd_create("x") > 0, os.path.exists("/proc/self/fd/0"), os.readlink("/proc/self/exe"), open("/proc/self/comm").read(), open("/proc/self/cmdline").read().split("\0")[:2], os.path.isdir("/proc/%d/task" % os.getpid()))
print(shutil.which("ls"), glob.glob("/etc/deb*"), ctypes.CDLL(None).getpid() == os.getpid(), sorted(k for k in os.environ), os.get_exec_path()[0])
shutil.rmtree("a"); print(os.path.exists("a"))
P
python3 t.py
END
try 'sockets' <<'END'
cat >t.py <<'P'
import socket, os, threading, selectors, array, struct, tempfile, http.server, urllib.request
a, b = socket.socketpair(); a.send(b"x"); print(b.recv(9)); r, w = os.pipe()
socket.send_fds(a, [b"fd"], [w]); m, fds, *_ = socket.recv_fds(b, 9, 5); os.write(fds[0], b"through"); print(m, os.read(r, 99)); c = b.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12); print(struct.unpack("3i", c)[0] == os.getpid(), struct.unpack("3i", c)[1:])
for name in ("s1", os.getcwd() + "/s2", "x" * 90, "\0e2e-%d" % os.getpid()):
    s = socket.socket(socket.AF_UNIX); s.bind(name); s.listen(); c = socket.socket(socket.AF_UNIX); c.connect(name); d, peer = s.accept(); print(peer, d.getsockname() == name or d.getsockname() == name.encode(), c.getpeername() == name or c.getpeername() == name.encode(), name[0] == "\0" or os.path.exists(name))
    try: socket.socket(socket.AF_UNIX).bind(name)
    except OSError as e: print(e)
try: socket.socket(socket.AF_UNIX).connect("nothing")
except OSError as e: print(e)
d1 = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); d1.bind("d1"); d2 = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); d2.bind("d2"); d2.sendto(b"dgram", "d1"); print(d1.recvfrom(99)); d1.sendto(b"back", "d2"); print(d2.recvmsg(99)[0::3])
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.0.0.1", 0)); u.sendto(b"udp", u.getsockname()); print(u.recvfrom(99)[0])
class H(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *a): pass
open("page", "w").write("x" * 50000); h = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H); threading.Thread(target=h.serve_forever, daemon=True).start()
print([len(urllib.request.urlopen("http://127.0.0.1:%d/page" % h.server_port).read()) for _ in range(10)]); h.shutdown()
print(socket.gethostbyname("localhost"), len(socket.getaddrinfo("127.0.0.1", 80)) > 0, socket.gethostname() != "")
P
python3 t.py
END
try 'signals' <<'END'
cat >t.py <<'P'
import signal, os, time, threading, faulthandler, subprocess, select
n = 0
def tick(*a):
    global n; n += 1
signal.signal(signal.SIGALRM, tick); signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001); end = time.time() + 20; k = 0
while (n <= 100 or k <= 100) and time.time() < end: os.stat("/etc/passwd"); open("/etc/passwd").read(); os.listdir("/etc"); k += 1
signal.setitimer(signal.ITIMER_REAL, 0); print(n > 100, k > 100)
signal.signal(signal.SIGUSR1, lambda s, f: print("usr1", s)); os.kill(os.getpid(), signal.SIGUSR1); signal.raise_signal(signal.SIGUSR1)
threading.Thread(target=lambda: (time.sleep(0.1), os.kill(os.getpid(), signal.SIGUSR2))).start(); signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2]); print(signal.sigwait([signal.SIGUSR2]))
def boom(*a): raise KeyboardInterrupt
signal.signal(signal.SIGINT, boom); threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try: time.sleep(10)
except KeyboardInterrupt: print("interrupted")
r, w = os.pipe(); os.set_blocking(w, False); signal.set_wakeup_fd(w)
signal.signal(signal.SIGALRM, lambda *a: None); signal.setitimer(signal.ITIMER_REAL, 0.05); print(os.read(select.select([r], [], [], 5)[0][0], 9) == bytes([signal.SIGALRM]), select.select([r], [], [], 0.1)[0]); signal.set_wakeup_fd(-1)
for sig in (signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM, signal.SIGSYS, signal.SIGPIPE): print(subprocess.run(["python3", "-c", f"import os,signal; signal.signal({int(sig)}, signal.SIG_DFL) ; os.kill(os.getpid(), {int(sig)})"]).returncode)
pid = os.fork()
if pid == 0: signal.pause()
os.kill(pid, signal.SIGSTOP); print(os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1])); os.kill(pid, signal.SIGCONT); print(os.WIFCONTINUED(os.waitpid(pid, os.WCONTINUED)[1])); os.kill(pid, 9); print(os.waitpid(pid, 0)[1])
P
python3 t.py; ulimit -c 0; python3 -X faulthandler -c 'import ctypes; ctypes.string_at(0)' 2>&1 | head -1
END
try 'virtual environments' 'python3 -m venv --without-pip v 2>&1 | head -3; [ -x v/bin/python ] && v/bin/python -c "import sys; print(sys.prefix)"; python3 -c "import pty, os; pty.spawn([\"sh\", \"-c\", \"tty >/dev/null && echo on a terminal\"])"; echo "print(1+1)" | python3; python3 -m json.tool <<<"{\"a\":1}"; python3 -m timeit -n 10 -r 1 pass | wc -l'
finish

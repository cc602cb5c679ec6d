#!/usr/bin/env bash
# Large runtimes with schedulers, JITs and collectors of their own: Go, node, java; and zsh and gdb. The root file system
# `full` has them.
. "$(dirname "$0")/lib.sh"
battery full

try -t 600 'Go: a static program under signal load' <<'END'
export GOCACHE=$W/cache GOFLAGS=-mod=mod CGO_ENABLED=0 GO111MODULE=off
cat >main.go <<'P'
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

func main() {
	// Everyone is interrupted all the time: by the runtime's own preemption and by signals from outside.
	got := make(chan os.Signal, 1000)
	signal.Notify(got, syscall.SIGUSR1, syscall.SIGCHLD)
	stop := make(chan bool)
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				syscall.Kill(os.Getpid(), syscall.SIGUSR1)
				time.Sleep(100 * time.Microsecond)
			}
		}
	}()
	var wg sync.WaitGroup
	var mu sync.Mutex
	sum := 0
	for i := 0; i < 50; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			for k := 0; k < 200; k++ {
				name := fmt.Sprintf("f%d", i)
				if err := os.WriteFile(name, make([]byte, k), 0644); err != nil {
					panic(err)
				}
				st, err := os.Stat(name)
				if err != nil || st.Size() != int64(k) {
					panic(fmt.Sprint(err, st))
				}
				if err := os.Rename(name, name+"x"); err != nil {
					panic(err)
				}
				os.Remove(name + "x")
				mu.Lock()
				sum++
				mu.Unlock()
			}
		}(i)
	}
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			x := 0
			for k := 0; k < 200000000; k++ {
				x += k
			}
			mu.Lock()
			sum += x & 1
			mu.Unlock()
		}()
	}
	wg.Wait()
	fmt.Println(sum)
	for i := 0; i < 50; i++ {
		if out, err := exec.Command("/bin/echo", "-n", "x").Output(); err != nil || string(out) != "x" {
			panic(err)
		}
	}
	_, err := exec.Command("/nonexistent").Output()
	fmt.Println(err, exec.Command("sh", "-c", "exit 3").Run())
	l, err := net.Listen("unix", "sock")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(c, c); c.Close() }()
		}
	}()
	for i := 0; i < 100; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c, err := net.Dial("unix", "sock")
			if err != nil {
				panic(err)
			}
			c.Write([]byte("hello"))
			c.(*net.UnixConn).CloseWrite()
			b, _ := io.ReadAll(c)
			if string(b) != "hello" {
				panic(string(b))
			}
			c.Close()
		}()
	}
	wg.Wait()
	l.Close()
	n := 0
	filepath.Walk("/usr/share/doc", func(string, os.FileInfo, error) error { n++; return nil })
	fmt.Println(n > 100, len(got) > 0, runtime.NumGoroutine() < 100)
	runtime.GC()
	close(stop)
	cwd, _ := os.Getwd()
	exe, _ := os.Executable()
	fmt.Println(filepath.Base(cwd), filepath.Base(exe), os.Getuid())
}
P
go version | cut -d' ' -f1-3; go build -o prog main.go 2>&1 && file prog | grep -o 'statically linked'; for i in 1 2 3; do ./prog; done; GOGC=1 GOMAXPROCS=8 ./prog; CGO_ENABLED=1 go build -o dyn main.go && ./dyn; go vet main.go; go run main.go | head -1
END
try -t 300 'node: files, children, worker threads' <<'END'
cat >t.js <<'P'
const fs = require('fs'), cp = require('child_process'), { Worker, isMainThread, parentPort, workerData } = require('worker_threads'), net = require('net'), crypto = require('crypto');
if (!isMainThread) {
	let n = 0;
	for (let i = 0; i < 300; i++) { fs.writeFileSync(`w${workerData}`, 'x'.repeat(i)); n += fs.statSync(`w${workerData}`).size; }
	parentPort.postMessage(n);
} else (async () => {
	console.log(process.version.startsWith('v'), process.execPath, process.cwd().includes('e2e'), process.getuid());
	console.log(await Promise.all([...Array(8).keys()].map(i => new Promise((ok, no) => new Worker('./t.js', { workerData: i }).on('message', ok).on('error', no)))));
	console.log(cp.execSync('echo sync').toString(), cp.spawnSync('sh', ['-c', 'exit 5']).status);
	console.log(await Promise.all([...Array(30).keys()].map(i => new Promise(ok => cp.exec(`echo ${i}`, (e, out) => ok(out.trim()))))));
	await Promise.all([...Array(200).keys()].map(i => fs.promises.writeFile(`p${i}`, `${i}`))); console.log((await fs.promises.readdir('.')).length);
	fs.mkdirSync('d/e', { recursive: true }); fs.symlinkSync('../p1', 'd/l'); console.log(fs.realpathSync('d/l').endsWith('/p1'), fs.readlinkSync('d/l'));
	const w = fs.watch('d', (e, f) => { console.log('watch', f); w.close(); }); setTimeout(() => fs.writeFileSync('d/new', ''), 100);
	const s = net.createServer(c => c.pipe(c)).listen('s.sock', () => { const c = net.connect('s.sock'); c.end('through'); c.on('data', d => console.log(String(d))).on('end', () => s.close()); });
	console.log(await new Promise(ok => crypto.pbkdf2('a', 'b', 10000, 16, 'sha256', (e, k) => ok(k.toString('hex')))));
	try { fs.readFileSync('/nonexistent'); } catch (e) { console.log(e.code, e.errno); }
	let x = 0; for (let i = 0; i < 1e8; i++) x = (x + i * 7) % 1000003; console.log(x);
	process.on('SIGUSR2', () => console.log('usr2')); process.kill(process.pid, 'SIGUSR2');
})();
P
node t.js; echo 'console.log(1+1)' | node; node -e 'process.exit(9)'; echo $?; node -e 'process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 9999)'; echo $?
END
try -t 300 'java: threads, files, children' <<'END'
cat >T.java <<'P'
import java.io.*; import java.nio.file.*; import java.util.*; import java.util.concurrent.*; import java.util.concurrent.atomic.*; import java.util.stream.*;
public class T {
	public static void main(String[] a) throws Exception {
		ExecutorService e = Executors.newFixedThreadPool(16); List<Future<Integer>> fs = new ArrayList<>();
		for (int i = 0; i < 64; i++) { final int n = i; fs.add(e.submit(() -> { int s = 0; for (int k = 0; k < 100; k++) { Path p = Path.of("f" + n); Files.writeString(p, "x".repeat(k)); s += Files.size(p); byte[] b = new byte[100000]; s += b[k]; } return s; })); }
		int t = 0; for (Future<Integer> f : fs) t += f.get(); e.shutdown(); System.out.println(t);
		Process p = new ProcessBuilder("sh", "-c", "cat; exit 4").redirectErrorStream(true).start(); try (OutputStream o = p.getOutputStream()) { o.write("to child\n".getBytes()); } System.out.print(new String(p.getInputStream().readAllBytes())); System.out.println(p.waitFor());
		try { new ProcessBuilder("/nonexistent").start(); } catch (IOException x) { System.out.println(x.getMessage().contains("error=2")); }
		try (Stream<Path> s = Files.walk(Path.of("/usr/share/doc/apt"))) { System.out.println(s.count() > 2); }
		System.out.println(IntStream.range(0, 5000000).parallel().mapToLong(i -> i % 7).sum()); AtomicInteger c = new AtomicInteger(); Thread[] th = new Thread[100]; for (int i = 0; i < 100; i++) { th[i] = new Thread(() -> { c.incrementAndGet(); Thread.yield(); }); th[i].start(); } for (Thread x : th) x.join(); System.out.println(c);
		for (int i = 0; i < 20; i++) System.gc(); String n = null; try { n.length(); } catch (NullPointerException x) { System.out.println("null"); } try { deep(0); } catch (StackOverflowError x) { System.out.println("deep"); }
		System.out.println(System.getProperty("user.name") + " " + System.getProperty("os.name") + " " + new File(".").getCanonicalPath().contains("e2e")); Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook"))); System.exit(6);
	}
	static int deep(int n) { return deep(n + 1) + 1; }
}
P
java -Xmx256m T.java; echo $?; java -version 2>&1 | head -1 | cut -d' ' -f1; java Nothing 2>/dev/null; echo $?
END
try 'zsh' 'zsh -fc "print -l /etc/deb*; a=(1 2 3); print \$#a \${(j:,:)a}; for f (/usr/share/doc/apt/*(.)) print \$f:t; print \$(( 2 ** 10 )); sleep 0.1 & wait; echo \$?; zmodload zsh/stat; zstat -H s /etc/passwd; print \$s[mode]; [[ -o interactive ]] || print no"; zsh -fc "kill -9 \$\$"; echo $?'
try 'gdb and strace' 'printf "#include <stdio.h>\nint add(int a, int b) { return a + b; }\nint main(void) { printf(\"%%d\\\\n\", add(2, 3)); return 0; }\n" >p.c; gcc -g p.c -o p; gdb -nx -batch -ex "break add" -ex run -ex "print a" -ex bt -ex finish -ex continue ./p 2>&1 | grep -v "^\[\|libthread\|Using\|debuginfo\|warning" | sed "s/0x[0-9a-f]*/ADDR/g;s/process [0-9]*/process/"; strace -f -e trace=openat,execve -o log sh -c "cat /etc/debian_version"; grep -c execve log; grep "debian_version" log | sed "s/^[0-9]* *//;s/0x[0-9a-f]*/ADDR/"; strace -c -o sum true; grep -c execve sum; strace -e trace=none -e status=failed true; echo $?'
finish

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait for an event, so that a test that hangs says where.
const patience = 60 * time.Second

// process is a p4p of its own whose standard output is read line by line.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string
	err   *locked
}

type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs p4p with a home folder; it is killed at the end of the test.
func start(t *testing.T, home string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command("p4p", args...), lines: make(chan string, 100_000), err: &locked{}}
	p.cmd.Env = append(os.Environ(), "P4P_HOME="+home, "P4P_SERVER=")
	p.cmd.Stderr = p.err
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		s := bufio.NewScanner(out)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			p.lines <- s.Text()
		}
	}()
	t.Cleanup(p.kill)
	return p
}

// kill is SIGKILL: nothing of the process gets to run.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// next is the next line on standard output.
func (p *process) next() string {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.t.Fatalf("%s ended: %s", strings.Join(p.cmd.Args, " "), p.err)
		}
		return line
	case <-time.After(patience):
		p.t.Fatalf("%s printed nothing for %s: %s", strings.Join(p.cmd.Args, " "), patience, p.err)
	}
	return ""
}

// nextWith reads lines until one contains text.
func (p *process) nextWith(text string) string {
	p.t.Helper()
	for {
		if line := p.next(); strings.Contains(line, text) {
			return line
		}
	}
}

// run runs a p4p command to its end and gives its standard output.
func run(t *testing.T, home string, args ...string) string {
	t.Helper()
	cmd := exec.Command("p4p", args...)
	cmd.Env = append(os.Environ(), "P4P_HOME="+home, "P4P_SERVER=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("p4p %s: %v: %s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// fails runs a p4p command that is refused and gives what it says.
func fails(t *testing.T, home string, args ...string) string {
	t.Helper()
	cmd := exec.Command("p4p", args...)
	cmd.Env = append(os.Environ(), "P4P_HOME="+home, "P4P_SERVER=")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("p4p %s is not refused: %s", strings.Join(args, " "), out)
	}
	return string(out)
}

// decode reads a JSON line.
func decode[T any](t *testing.T, line string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return v
}

// eventually calls f again and again until it says that it is content.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-deadline:
			t.Fatalf("%s did not happen within %s", what, patience)
		case <-tick.C:
		}
	}
}

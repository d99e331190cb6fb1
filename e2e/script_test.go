package e2e

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"p4p/cli"
	"p4p/protocol"
)

// TestMain lets the test binary be p4p itself, so that scripts and crash tests
// run the whole program in processes of its own.
func TestMain(m *testing.M) {
	testscript.Main(withChromium{m}, map[string]func(){
		"p4p": func() {
			os.Exit(cli.Execute(mortal(background), os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
		},
	})
}

func TestScripts(t *testing.T) {
	dir := "testdata/script"
	var only []string
	if testing.Short() { // the rest are hundreds of programs that start, say one thing and end
		only = []string{filepath.Join(dir, "friendship.txtar"), filepath.Join(dir, "trouble.txtar")}
		dir = ""
	}
	testscript.Run(t, testscript.Params{
		Dir:           dir,
		Files:         only,
		UpdateScripts: os.Getenv("P4P_UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", filepath.Join(env.WorkDir, "nobody"))
			env.Setenv("XDG_DATA_HOME", filepath.Join(env.WorkDir, "nobody", "data"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":        serve,
			"end":          end,
			"get":          get,
			"holds":        holds,
			"holds-secret": holdsSecret,
			"garble":       garble,
			"picture":      pictureFile,
		},
	})
}

// serve NAME [FLAG...]: starts `p4p serve` on the folder $WORK/NAME and sets
// $NAME_URL, and for others $NAME_PUBLIC and $NAME_PIN, once it accepts connections.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: serve NAME [FLAG...]")
	}
	name := args[0]
	program := filepath.Join(programDir(ts), "p4p")
	listen := "127.0.0.1:0"
	if u := ts.Getenv(name + "_URL"); u != "" { // again where it was
		listen = strings.TrimPrefix(u, "http://")
		if public := ts.Getenv(name + "_PUBLIC"); strings.HasPrefix(public, "https://127.") {
			listen = strings.TrimPrefix(public, "https://")
		}
	}
	cmd := exec.Command(program, append([]string{"serve", "--json", "--listen", listen, "--data", ts.MkAbs(name)}, args[1:]...)...)
	cmd.Env = append(os.Environ(), "P4P_HOME="+ts.MkAbs("nobody"), "P4P_SERVER=")
	log, err := os.OpenFile(ts.MkAbs(name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = cmd.Wait()
		ts.Fatalf("the server %s did not start: %s", name, ts.ReadFile(name+".log"))
	}
	var first struct {
		URL, Server, Epoch, Pin string
		PublicURL               string `json:"public_url"`
	}
	ts.Check(json.Unmarshal([]byte(line), &first))
	ts.Setenv(name+"_URL", first.URL)
	ts.Setenv(name+"_PUBLIC", first.PublicURL)
	ts.Setenv(name+"_PIN", first.Pin)
	ts.Setenv(name+"_ID", first.Server)
	ts.Setenv(name+"_PID", fmt.Sprint(cmd.Process.Pid))
	servers.Store(cmd.Process.Pid, cmd)
	ts.Defer(func() {
		if _, running := servers.LoadAndDelete(cmd.Process.Pid); running {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		_ = log.Close()
	})
}

// end NAME: ends the server with SIGTERM; it must end cleanly.
func end(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: end NAME")
	}
	var pid int
	_, err := fmt.Sscan(ts.Getenv(args[0]+"_PID"), &pid)
	ts.Check(err)
	v, ok := servers.LoadAndDelete(pid)
	if !ok {
		ts.Fatalf("no server %s runs", args[0])
	}
	cmd := v.(*exec.Cmd)
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	ts.Check(cmd.Wait())
}

// get VAR MEMBER: sets $VAR to a member of the last JSON line on standard output.
func get(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: get VAR MEMBER[.MEMBER]")
	}
	lines := strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n")
	var value any
	ts.Check(json.Unmarshal([]byte(lines[len(lines)-1]), &value))
	for member := range strings.SplitSeq(args[1], ".") {
		v, _ := value.(map[string]any)
		if value = v[member]; value == nil {
			ts.Fatalf("the last line has no %s: %s", args[1], lines[len(lines)-1])
		}
	}
	ts.Setenv(args[0], fmt.Sprint(value))
}

// holds DIR TEXT...: each TEXT is somewhere in DIR's files, raw or encoded; with
// ! none is.
func holds(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: [!] holds DIR TEXT...")
	}
	for _, text := range args[1:] {
		found, err := searchFolder(ts.MkAbs(args[0]), text)
		ts.Check(err)
		if neg && len(found) > 0 {
			ts.Fatalf("%q is in the files: %s", text, strings.Join(found, "; "))
		}
		if !neg && len(found) == 0 {
			ts.Fatalf("%q is nowhere in %s", text, args[0])
		}
	}
}

// holds-secret DIR LINK: as holds, for the link's secret as text and as bytes.
func holdsSecret(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] holds-secret DIR LINK")
	}
	l, err := protocol.ParseLink(args[1])
	ts.Check(err)
	holds(ts, neg, []string{args[0], l.Secret.Base32(), string(l.Secret[:])})
}

// picture FILE: writes a small PNG with a comment in it that must not leave the
// machine.
func pictureFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: picture FILE")
	}
	var b bytes.Buffer
	ts.Check(png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))))
	const end = 12 // the IEND chunk
	chunk := append([]byte("tEXt"), "Comment\x00Grandmother's garden"...)
	whole := append([]byte{}, b.Bytes()[:b.Len()-end]...)
	whole = binary.BigEndian.AppendUint32(whole, uint32(len(chunk)-4))
	whole = append(whole, chunk...)
	whole = binary.BigEndian.AppendUint32(whole, crc32.ChecksumIEEE(chunk))
	whole = append(whole, b.Bytes()[b.Len()-end:]...)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), whole, 0o600))
}

// garble FILE: overwrites the beginning of a file with noise.
func garble(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: garble FILE")
	}
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY, 0)
	ts.Check(err)
	_, err = f.WriteAt([]byte(strings.Repeat("noise ", 1000)), 0)
	ts.Check(err)
	ts.Check(f.Close())
}

func programDir(ts *testscript.TestScript) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, "p4p")); err == nil {
			return dir
		}
	}
	ts.Fatalf("p4p is not on the script's PATH")
	return ""
}

// Package web is what a browser gets to see: three pages, and the program that
// they load. The program is a full peer of its own; docs/protocol.md is all that
// it and the server share.
//
//   - A page is the same for everybody. It holds nothing of the link that led to
//     it, and asking for it changes nothing on the server.
//   - Nothing is loaded from anywhere else, and nothing is built: the files of
//     static/ are served as they lie there, or compressed.
//   - Without scripts a page still says what it is for and how to go on in a
//     terminal.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed static
var files embed.FS

// ContentSecurityPolicy is what the pages may do: run and show what this server
// serves, pictures that they made themselves, and call this server. Text never
// becomes script or markup, not even by mistake (trusted types).
const ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " +
	"connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types p4p-worker"

// PermissionsPolicy is which of a phone's devices the pages may ask for: the camera,
// to scan codes. Copying, sharing and full screen are as browsers have them.
const PermissionsPolicy = "camera=(self), microphone=(), geolocation=(), display-capture=(), accelerometer=(), gyroscope=(), " +
	"magnetometer=(), midi=(), payment=(), usb=(), serial=(), hid=(), xr-spatial-tracking=(), idle-detection=(), " +
	"local-fonts=(), publickey-credentials-get=(), browsing-topics=()"

// A File is one thing to serve.
type File struct {
	Body []byte
	Type string // of its content
	ETag string // changes with the body, and with its coding: see Gzip
	// Gzip is the body compressed, and its ETag; nil where that saves nothing. It is
	// made when it is first asked for, since most programs of a home serve nobody.
	Gzip func() (body []byte, etag string)
}

func newFile(body []byte, contentType string) File {
	h := sha256.Sum256(body)
	tag := base64.RawURLEncoding.EncodeToString(h[:12])
	return File{Body: body, Type: contentType, ETag: `"` + tag + `"`, Gzip: sync.OnceValues(func() ([]byte, string) {
		return compress(body), `"` + tag + `-gzip"`
	})}
}

// compress gives nil where it saves less than a twentieth, as with pictures.
func compress(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is one
	}
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	if b.Len() > len(body)-len(body)/20 {
		return nil
	}
	return b.Bytes()
}

// The pages at /f/UUID, /p/RECORD, / and anywhere else.
var (
	Invite = page(shell("A friend invite on P4P",
		"Somebody you know wants you to recognise their posts. No account, no e-mail.",
		"Opening this page accepted nothing, and the link is still as good as before. To use it in a terminal, take the whole link from the message "+
			"it came in, including the part behind the #, and give it to P4P:",
		"p4p accept -- 'LINK'",
		"P4P shows what the link is for and asks before it does anything. Only use a link that somebody you know gave to you."))
	Post = page(shell("A post on P4P",
		"A feed in which nobody signs up, and only your friends know who you are.",
		"This link leads to a post. To read it in a terminal, start P4P there with this server's address:",
		"p4p --server ADDRESS", ""))
	home = shell("P4P",
		"A feed in which nobody signs up, and only your friends know who you are.",
		"This is a P4P server. It knows the posts, but not who wrote them; only the writers' friends do, and they keep that to themselves. "+
			"To read and write here, give this server's address to P4P in a terminal:",
		"p4p --server ADDRESS", "")
	Home    = page(home)
	Nowhere = page(shell("Nothing here · P4P",
		"There is nothing at this address.",
		"The link may have been cut off on the way: ask for it again. To read what is on this server in a terminal, give its address to P4P:",
		"p4p --server ADDRESS", ""))
)

// shell makes a page's document, but for the version in it. Its card for link previews
// says what kind of page it is and nothing of whom it is about.
func shell(title, about, how, command, after string) []byte {
	shell, err := files.ReadFile("static/index.html")
	if err != nil {
		panic(err) // embedded
	}
	for mark, text := range map[string]string{
		"{{title}}": title, "{{about}}": about, "{{how}}": how, "{{command}}": command, "{{after}}": after,
	} {
		shell = bytes.ReplaceAll(shell, []byte(mark), []byte(html.EscapeString(text)))
	}
	return bytes.ReplaceAll(shell, []byte("<!-- modules -->"), []byte(modules()))
}

func page(shell []byte) File {
	return newFile(bytes.ReplaceAll(shell, []byte("{{version}}"), []byte(Version)), "text/html; charset=utf-8")
}

// Version changes whenever a page, or anything that it loads, does. Each answer with one
// of them carries it as the header [VersionHeader], by which a page goes on with the
// version that it began with.
var Version = func() string {
	version := sha256.New()
	version.Write(home)
	for _, name := range slices.Sorted(maps.Keys(assets)) {
		version.Write([]byte(name + assets[name].ETag))
	}
	return base64.RawURLEncoding.EncodeToString(version.Sum(nil)[:12])
}()

// VersionHeader is the name of the header that tells the [Version].
const VersionHeader = "P4P-Version"

// Worker is the service worker at /sw.js, which starts the program when the server
// is away. It names all files and changes when any of them does.
var Worker = func() File {
	source, err := files.ReadFile("static/app/sw.js")
	if err != nil {
		panic(err) // embedded
	}
	list := make([]string, 0, len(assets))
	for _, name := range slices.Sorted(maps.Keys(assets)) {
		list = append(list, strconv.Quote("/"+name))
	}
	text := strings.NewReplacer("{{version}}", Version, "{{files}}", strings.Join(list, ", ")).Replace(string(source))
	return newFile([]byte(text), types[".js"])
}()

// modules has a browser load at once what the program starts with, where it would ask
// for one file after the other as it meets their names.
var modules = sync.OnceValue(func() string {
	needed := map[string]bool{}
	imported("static/app/main.js", needed)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		b.WriteString(`<link rel="modulepreload" href="/` + name + "\">\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
})

var imports = regexp.MustCompile(`^(?:import|export)\s+(?:[^"';]*?from\s+)?"(\.[^"]+)"`)

// imported adds a module, and all that it and those import by statement. What is only
// imported when a call needs it, or by a worker, is not among them.
func imported(name string, to map[string]bool) {
	f, ok := assets[name]
	if !ok || to[name] {
		return
	}
	to[name] = true
	rest := f.Body
	for line := range bytes.Lines(f.Body) {
		// Every p4p does this as it starts: the expression looks at statements only.
		if bytes.HasPrefix(line, []byte("import")) || bytes.HasPrefix(line, []byte("export")) {
			if m := imports.FindSubmatch(rest); m != nil {
				imported(path.Join(path.Dir(name), string(m[1])), to)
			}
		}
		rest = rest[len(line):]
	}
}

var types = map[string]string{
	".js":          "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".webmanifest": "application/manifest+json",
}

var assets = func() map[string]File {
	m := map[string]File{}
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		contentType := types[path.Ext(name)]
		if err != nil || d.IsDir() || contentType == "" || name == "static/app/sw.js" {
			return err
		}
		body, err := files.ReadFile(name)
		m[name] = newFile(body, contentType)
		return err
	})
	if err != nil {
		panic(err) // embedded
	}
	return m
}()

// Asset is a file that the pages load, by the path at which it is served, without
// the leading slash.
func Asset(name string) (File, bool) {
	f, ok := assets[name]
	return f, ok
}

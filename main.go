// P4P is a social feed in which nobody signs up and only your friends know who
// you are. This program is its terminal app, its server and its command line.
package main

import (
	"context"
	"os"

	"p4p/cli"
)

func main() {
	os.Exit(cli.Execute(context.Background(), os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

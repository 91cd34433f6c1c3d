// Program inhost works inside of a lab's host: it knocks at Postfix, watches its
// greeting, and takes mail as a large provider would. The lab copies it there.
//
//	inhost banner -wait=60s ADDR…              wait until each address says something
//	inhost knock  -stop=FILE -every=50ms ADDR  connect and hang up
//	inhost watch  -stop=FILE -every=1s ADDR    connect, wait for the greeting, QUIT
//	inhost receive -stop=FILE -spool=FILE ADDR…
//
// The last three run until the stop file is there; knock and watch then print
// what they saw as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

type flags struct {
	stop, spool string
	every, wait time.Duration
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "inhost:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("which verb?")
	}
	var f flags
	fs := flag.NewFlagSet("inhost", flag.ContinueOnError)
	fs.StringVar(&f.stop, "stop", "", "stop when this file is there")
	fs.StringVar(&f.spool, "spool", "", "file that takes the messages")
	fs.DurationVar(&f.every, "every", time.Second, "time between two connections")
	fs.DurationVar(&f.wait, "wait", time.Minute, "time to wait for a greeting")
	if err := fs.Parse(args[1:]); err != nil {
		return err
	}
	addrs := fs.Args()
	if len(addrs) == 0 {
		return errors.New("which address?")
	}
	switch args[0] {
	case "banner":
		return waitBanners(addrs, f.wait)
	case "knock":
		return json.NewEncoder(out).Encode(probe(until(f.stop), addrs[0], f.every, knock))
	case "watch":
		return json.NewEncoder(out).Encode(probe(until(f.stop), addrs[0], f.every, greet))
	case "receive":
		return receive(until(f.stop), f.spool, addrs)
	}
	return fmt.Errorf("no verb %q", args[0])
}

// until returns a context that ends when the file is there.
func until(file string) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for {
			if _, err := os.Stat(file); err == nil {
				cancel()
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return ctx
}

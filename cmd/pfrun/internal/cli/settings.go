package cli

import (
	"os"
	"slices"

	"github.com/pfrun/pfrun"
)

// configure reads ansible.cfg and ANSIBLE_*, and gives what the flags leave open the values that are set there. What the library does by itself with the settings is not done here.
func (c *command) configure() error {
	f := &c.flags
	set, err := pfrun.ReadSettings()
	if err != nil {
		return err
	}
	f.options.Getenv, f.options.Settings = os.Getenv, set
	f.options.Verbosity += set.Verbosity
	f.tags, f.skipTags = slices.Concat(set.TagsRun, f.tags), slices.Concat(set.TagsSkip, f.skipTags)
	if !f.askPass && f.passFile == "" {
		f.askPass, f.passFile = set.AskPass, set.PasswordFile
	}
	if f.askPass && set.AskPass {
		f.passFile = ""
	}
	if !f.askBecome && f.becomeFile == "" {
		f.askBecome, f.becomeFile = set.BecomeAsk, set.BecomePasswordFile
	}
	if f.askBecome && set.BecomeAsk {
		f.becomeFile = ""
	}
	return nil
}

// Package integration holds the tests of pfrun on real hosts: Debian with sshd, systemd or no init, and Postfix, in containers. They run the program as a user does.
package integration

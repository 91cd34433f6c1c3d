#!/bin/bash
# The story of pfrun on two real mail hosts. "demo.sh up" starts them and shows
# each step as the command that one would type, and fails where a step does not
# show what it should; "demo.sh down" removes the hosts. Run by "make demo".
set -euo pipefail
cd "$(dirname "$0")/../.."

# Inventory name, Debian release, and what is pid 1: both kinds of host.
hosts=(relay12:12:systemd relay13:13:)
playbook=playbooks/ipv4-only.yml
state=.demo
mark='# Written by "make demo".'
port25="ss -Htln 'sport = :25'"

container() { echo "pfrun-demo-$1"; }

die() {
	printf '\ndemo: %s\n(the hosts are left as they are; make demo-down removes them)\n' "$*" >&2
	exit 1
}

step() { printf '\n\033[1m── %s\033[0m\n' "$*"; }

# show runs a line as a user would type it and prints both; the output is kept in
# $out, the exit status in $status.
show() {
	local log=$state/out
	printf '\n\033[1m$ %s\033[0m\n' "$1"
	set +e
	bash -c "$1" 2>&1 | tee "$log"
	status=${PIPESTATUS[0]}
	set -e
	out=$(<"$log")
}

# want and refuse look for a pattern of grep -E in the output of the last line shown.
want() { grep -qE -- "$1" <<<"$out" || die "expected to see \"$1\""; }
refuse() { ! grep -qE -- "$1" <<<"$out" || die "did not expect to see \"$1\""; }
succeed() { [ "$status" = 0 ] || die "exit status $status"; }

# each calls a function with the parts of each host.
each() {
	local h
	for h in "${hosts[@]}"; do
		"$1" "${h%%:*}" "$(cut -d: -f2 <<<"$h")" "${h##*:}"
	done
}

remove() { docker rm -f "$(container "$1")" >/dev/null 2>&1 || true; }

# forget removes what the demo has written, and nothing that somebody else has.
forget() {
	rm -rf "$state"
	if [ -e hosts ] && grep -qF "$mark" hosts; then
		rm -f hosts
	fi
}

# start runs a host: what systemd needs only where systemd runs.
start() {
	local name release=$2 init=$3 opts=()
	name=$(container "$1")
	if [ -n "$init" ]; then
		opts=(--cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined
			--cgroupns=private --tmpfs /run --tmpfs /run/lock)
	fi
	# shellcheck disable=SC2086
	docker run -d --name "$name" --hostname "$1" --label pfrun.demo=1 \
		--cap-add SYS_PTRACE --sysctl net.ipv6.conf.all.disable_ipv6=0 \
		-p 127.0.0.1::22 -e "LAB_AUTHORIZED_KEY=$(<$state/id_ed25519.pub)" "${opts[@]}" \
		"pfrun/lab-mail:$release" /usr/local/sbin/lab-start $init >/dev/null
	echo "demo: $1: Debian $release, ${init:-no init}, container $name"
}

# ready waits for a host and writes down how it is reached.
ready() {
	local name port
	name=$(container "$1")
	docker cp "$state/inhost" "$name:/usr/local/bin/inhost" >/dev/null 2>&1 || die "$name does not run"
	docker exec "$name" inhost banner -wait=90s 127.0.0.1:22 127.0.0.1:25 '[::1]:25' ||
		die "$1 did not come up"
	port=$(docker port "$name" 22/tcp | sed -n 's/^127\.0\.0\.1://p')
	echo "$1 ansible_host=127.0.0.1 ansible_port=$port" >>hosts
	docker exec "$name" sh -c 'cat /etc/ssh/ssh_host_*_key.pub' |
		awk -v at="[127.0.0.1]:$port" '{ print at, $1, $2 }' >>"$state/known_hosts"
}

# key makes a key to log in with, by a host's ssh-keygen: this machine need not have one.
key() {
	docker run --rm pfrun/lab-mail:12 sh -c \
		'cd /tmp && ssh-keygen -q -t ed25519 -N "" -C pfrun-demo -f id_ed25519 && tar -c id_ed25519 id_ed25519.pub' |
		tar -x -C "$state" --no-same-owner
}

# bring_up starts the hosts and writes the inventory.
bring_up() {
	each remove
	forget
	[ ! -e hosts ] || die "there is a file named hosts that the demo has not written: move it away"
	mkdir -m 700 "$state"
	key
	CGO_ENABLED=0 go build -trimpath -o "$state/inhost" ./integration/lab/inhost
	each start
	printf '%s\n[mail]\n' "$mark" >hosts
	each ready
	cat >>hosts <<-END

		[mail:vars]
		ansible_user=root
		ansible_ssh_private_key_file=$state/id_ed25519
		ansible_ssh_common_args='-o UserKnownHostsFile=$state/known_hosts'
	END
}

# claimed shows that a host speaks both families, freed that it speaks IPv4 only.
claimed() {
	show "docker exec $(container "$1") $port25"
	succeed
	want '0\.0\.0\.0:25 '
	want '\[::\]:25 '
	show "docker exec $(container "$1") postconf inet_protocols"
	succeed
	want '^inet_protocols = all$'
}

freed() {
	show "docker exec $(container "$1") $port25"
	succeed
	want '0\.0\.0\.0:25 '
	refuse '\[.*\]:25 '
	refuse '(^| )\*:25 '
	show "docker exec $(container "$1") postconf inet_protocols"
	succeed
	want '^inet_protocols = ipv4$'
}

# unchanged holds, without a word, that a check has left a host as it was.
unchanged() {
	[ "$(docker exec "$(container "$1")" postconf -h inet_protocols)" = all ] ||
		die "--check has changed $1"
}

# recap wants a host's line of the recap to hold a text.
recap() { want "^$1 +: .*$2"; }
checked() { recap "$1" 'changed=[1-9].*unreachable=0.*failed=0'; }
again() { recap "$1" 'changed=0.*unreachable=0.*failed=0'; }

story() {
	step "The inventory"
	show "cat hosts"

	step "Before: Postfix claims IPv6"
	each claimed

	step "What would be done"
	show "./bin/pfrun $playbook -i hosts --check --diff"
	succeed
	want '^ *\+ *inet_protocols *= *ipv4'
	each checked
	each unchanged

	step "The run"
	show "./bin/pfrun $playbook -i hosts"
	succeed
	each checked

	step "The same again: nothing is left to do"
	show "./bin/pfrun $playbook -i hosts"
	succeed
	each again

	step "After: IPv4 only"
	each freed

	printf '\nThe hosts are up, and "hosts" names them. To remove them: make demo-down\n'
}

case ${1:-} in
up)
	bring_up
	story
	;;
down)
	each remove
	forget
	echo "demo: the hosts are gone"
	;;
*)
	echo "usage: demo.sh up|down" >&2
	exit 1
	;;
esac

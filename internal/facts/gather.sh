# Prints what facts are made of. $1: the folder of local facts; $2: the seconds that one program may take; the rest: collectors.
# A section begins with a line "=NAME"; every line that it holds begins with a space, so that nothing on the host can pass for the beginning of another. One sed writes that: it
# knows the beginning of a section by a token that nobody else knows, which is the first line that it gets. Each program more is a millisecond or two of the host's time, and the
# shell itself reads what is short.
exec 2>/dev/null </dev/null
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
local_facts=$1; limit=$2; shift 2
read -r token </proc/sys/kernel/random/uuid || token=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
texts= nl='
'
section() { printf '=%s %s\n' "$token" "$1"; }
short() { head -c 1048576; }
has() { command -v "$1" >/dev/null; }
if timeout 1 true; then bounded() { timeout "$limit" "$@"; }; else bounded() { "$@"; }; fi
files() { for f; do case " $texts " in *" $f "*) ;; *) if [ -f "$f" ] && [ -r "$f" ]; then texts="$texts $f"; fi ;; esac; done; }
read_files() { section readable; printf '%s\n' $texts; section texts; grep -a '' $texts /dev/null; }
lines() { section "$1"; shift; for f; do if [ -e "$f" ]; then grep -s '' "$@" /dev/null; break; fi; done; }
exist() { section exist; for f; do [ -e "$f" ] && printf '%s\n' "$f"; done; }
leads() { ls -ld "$@" | sed -n 's|^[^/]* \(/[^ ]*\) -> |\1 |p'; }
says() { if has "$2"; then section "$1"; shift; "$@"; fi; }
answers() { if has "$2"; then name=$1; shift; out=$("$@"); section "$name"; printf '%s\n' "$out"; fi; }

get_platform() {
	k=/proc/sys/kernel
	if read -r s <$k/ostype && read -r r <$k/osrelease && read -r v <$k/version && read -r n <$k/hostname; then :
	else s=$(uname -s) r=$(uname -r) v=$(uname -v) n=$(uname -n); fi
	section uname; printf '%s\n' "$s" "$r" "$v" "$(uname -m)" "$n"
	says bits getconf LONG_BIT
	a=$(bounded getent ahosts "$n")
	[ -z "$a" ] || says names bounded getent hosts "${a%%[[:space:]]*}"
	files /etc/hosts /var/lib/dbus/machine-id /etc/machine-id
	get_python
}
get_python() {
	[ -z "$python_seen" ] || return; python_seen=1
	for p in python3.13 python3.12 python3.11 python3.10 python3.9 python3.8 /usr/bin/python3 python3; do
		has $p && out=$("$p" -I -B -S -c '
import sys
try:
    import _ssl # what ssl itself needs; that is three times as slow
    ssl = 1
except ImportError:
    ssl = 0
print(*sys.version_info)
print(sys.version.split()[0])
print(sys.executable)
print(ssl)
print(sys.implementation.name)') && section python && printf '%s\n' "$out" && return
	done
}
get_distribution() {
	for f in /etc/arch-release /etc/vmware-release; do [ -f $f ] && exist $f; done
	files /etc/altlinux-release /etc/oracle-release /etc/slackware-version /etc/centos-release /etc/redhat-release /etc/openwrt_release /etc/os-release /usr/lib/os-release \
		/etc/system-release /etc/alpine-release /etc/SuSE-release /etc/gentoo-release /etc/lsb-release /etc/sourcemage-release /etc/debian_version
	[ ! -L /etc/products.d/baseproduct ] || { section baseproduct; readlink -f /etc/products.d/baseproduct; }
}
get_lsb() { says lsb lsb_release -a; files /etc/lsb-release; }
get_selinux() { lines selinux /sys/fs/selinux/enforce /sys/fs/selinux/policyvers; files /etc/selinux/config; }
get_apparmor() { exist /sys/kernel/security/apparmor; }
get_chroot() {
	section roots
	printf 'debian %s\n' "$debian_chroot"
	r=$(stat -c '%d %i' / /proc/1/root/. )
	case $r in *"$nl"*) i=${r##*"$nl"} ;; *) i= ;; esac
	printf 'self %s\ninit %s\n' "${r%%"$nl"*}" "$i"
	[ -n "$i" ] || printf 'type %s\n' "$(stat -f -c %T /)"
}
get_fips() { files /proc/sys/crypto/fips_enabled; }
get_caps() { says caps capsh --print; }
get_pkg_mgr() {
	exist /usr/bin/rpm-ostree /usr/bin/apt-get /usr/bin/zypper /usr/sbin/urpmi /usr/bin/pacman /bin/opkg /usr/pkg/bin/pkgin /opt/local/bin/pkgin /opt/tools/bin/pkgin \
		/opt/local/bin/port /usr/local/bin/brew /opt/homebrew/bin/brew /sbin/apk /usr/sbin/pkg /usr/sbin/swlist /usr/bin/emerge /usr/sbin/pkgadd /usr/bin/pkg \
		/usr/bin/xbps-install /usr/local/sbin/pkg /usr/bin/swupd /usr/sbin/sorcery /usr/bin/installp /usr/bin/yum /usr/bin/dnf-3 /usr/bin/dnf5 /usr/bin/dnf \
		/usr/bin/microdnf /run/ostree-booted
	section dnf; for f in /usr/bin/dnf /usr/bin/microdnf; do [ -e $f ] && { readlink -f $f; break; }; done
}
get_service_mgr() {
	files /proc/1/comm
	section init; [ ! -L /sbin/init ] || readlink /sbin/init
	for p in systemctl initctl; do has $p && section "has $p"; done
	exist /run/systemd/system/ /dev/.run/systemd/ /dev/.systemd/ /etc/init/ /sbin/openrc /etc/init.d/ /etc/dinit.d/
}
get_systemd() { answers systemd systemctl --version; get_service_mgr; }
get_cmdline() { files /proc/cmdline; }
get_date_time() {
	d=$(date '+%Y|%m|%A|%w|%W|%d|%H|%M|%S|%s|%Z|%z|%N')
	section date; printf '%s\n' "$d"
	d=${d#*|*|*|*|*|*|*|*|*|}; y=31557600; t=$((${d%%|*} / y * y))
	section zones; for s in $t $((t + y / 2)); do date -d "@$s" '+%z %Z'; done
}
get_env() { section env; tr '\n\0' '\001\n' </proc/$$/environ; }
get_loadavg() { files /proc/loadavg; }
get_ssh_pub_keys() { for d in /etc/ssh /etc/openssh /etc; do for a in dsa rsa ecdsa ed25519; do files $d/ssh_host_${a}_key.pub; done; done; }
get_user() {
	u= g=
	while read -r k a b rest; do
		case $k in Uid:) u="$a$nl$b" ;; Gid:) g="$a$nl$b"; break ;; esac
	done </proc/self/status
	[ -n "$g" ] || { u=$(id -ru; id -u) g=$(id -rg; id -g); }
	section user; printf '%s\n' "$u" "$g"
	n=${LOGNAME:-${USER:-${LNAME:-$USERNAME}}}; [ -n "$n" ] || n=$(id -un)
	section passwd; { printf '%s\n' "$n"; bounded getent passwd "$n" || bounded getent passwd "${u##*"$nl"}" || grep "^[^:]*:[^:]*:${u##*"$nl"}:" /etc/passwd; }
}
get_virtual() {
	files /proc/1/cgroup /run/systemd/container /proc/xen/capabilities /proc/self/status /proc/modules
	[ ! -r /proc/1/environ ] || { section environ1; tr '\0' '\n' </proc/1/environ; }
	exist /proc/vz /proc/lve /proc/bc /.dockerenv /.dockerinit /proc/xen /dev/kvm
	lines dmi /sys/devices/virtual/dmi/id/product_name /sys/devices/virtual/dmi/id/product_family /sys/devices/virtual/dmi/id/sys_vendor /sys/devices/virtual/dmi/id/bios_vendor
	section cpu; grep -E '^(model name|vendor_id|machine)' /proc/cpuinfo
	answers dmi_product dmidecode -s system-product-name
}

processors() {
	exist /proc/xen
	files /sys/hypervisor/type
	section cpuinfo
	sed -n -E '/^(model name|Processor|vendor_id|cpu|Vendor|processor|physical id|core id|cpu cores|siblings|# processors|max thread id|ncpus active)[[:space:]]*:/p
/^flags/h
${x;p;}' /proc/cpuinfo
	says nproc nproc
}
board() {
	exist /sys/devices/virtual/dmi/id/product_name
	d=/sys/devices/virtual/dmi/id
	if [ -e $d/product_name ]; then
		lines dmi $d/bios_date $d/bios_vendor $d/bios_version $d/board_asset_tag $d/board_name $d/board_serial $d/board_vendor $d/board_version $d/chassis_asset_tag \
			$d/chassis_serial $d/chassis_vendor $d/chassis_version $d/chassis_type $d/product_name $d/product_serial $d/product_uuid $d/product_version $d/sys_vendor
	elif has dmidecode; then
		section dmidecode
		for k in bios-release-date bios-vendor bios-version baseboard-asset-tag baseboard-product-name baseboard-serial-number baseboard-manufacturer baseboard-version \
			chassis-asset-tag chassis-serial-number chassis-manufacturer chassis-version chassis-type system-product-name system-serial-number system-uuid system-version \
			system-manufacturer; do
			v=$(bounded dmidecode -s $k | grep -v '^#') && printf '%s %s\n' $k "$(printf %s "$v" | tr '\n' ' ')"
		done
	fi
}
mounted() {
	m=/etc/mtab; [ -e $m ] || m=/proc/mounts
	section mtab; cat $m
	if has findmnt; then section findmnt; bounded findmnt --list --noheadings --notruncate; fi
	answers lsblk bounded lsblk --list --noheadings --paths --output NAME,UUID --exclude 2
	section sizes
	set --; v=
	while read -r d p t rest; do
		[ "$t" != none ] || continue
		case $d in /* | '\'* | *:/*) ;; *) continue ;; esac
		case $p in *'\134'*) ;; *\\*) size "$p" & ;; *) set -- "$@" "$p" ;; esac
	done <$m
	[ $# = 0 ] || v=$(bounded stat -f -c '%n %S %s %b %a %c %d' "$@"); s=$?
	if [ $# != 0 ] && [ $s -eq 124 ]; then # one of them does not answer: which?
		for p; do size "$p" & done
	elif [ -n "$v" ]; then printf '%s\n' "$v"; fi
	wait
}
size() {
	v=$(bounded stat -f -c '%S %s %b %a %c %d' "$(printf %b "$1")"); s=$?
	if [ $s -eq 124 ]; then v=late; fi
	[ -z "$v" ] || printf '%s %s\n' "$1" "$v"
}
disks() {
	section blocks; leads /sys/block/*
	lines block /sys/block/*/removable /sys/block/*/size /sys/block/*/queue/discard_max_hw_bytes /sys/block/*/queue/discard_granularity /sys/block/*/queue/rotational \
		/sys/block/*/queue/scheduler /sys/block/*/queue/logical_block_size /sys/block/*/queue/hw_sector_size /sys/block/*/device/vendor /sys/block/*/device/model \
		/sys/block/*/device/sas_address /sys/block/*/device/sas_device_handle /sys/block/*/device/serial /sys/block/*/dm/name
	lines partitions /sys/block/*/*/start /sys/block/*/*/size
	section above; for l in /sys/block/*/slaves/* /sys/block/*/holders/* /sys/block/*/*/holders/*; do [ -e "$l" ] && printf '%s\n' "$l"; done
	for k in id uuid label; do [ ! -d /dev/disk/by-$k ] || { section "links $k"; ls -l /dev/disk/by-$k/; }; done
	says lspci lspci -D
	if has vgs && [ "$(id -u)" = 0 ]; then
		for k in vgs lvs pvs; do answers $k bounded $k --readonly --noheadings --nosuffix --units g --separator ,; done
	fi
}
get_hardware() {
	processors; board; mounted; disks
	files /proc/meminfo /proc/uptime
}

get_network() {
	has ip || return
	section "has ip"
	section nets; for d in /sys/class/net/*; do [ -d "$d/" ] && printf '%s\n' "${d##*/}"; done
	lines net /sys/class/net/*/address /sys/class/net/*/mtu /sys/class/net/*/operstate /sys/class/net/*/type /sys/class/net/*/speed /sys/class/net/*/flags \
		/sys/class/net/*/bridge/bridge_id /sys/class/net/*/bridge/stp_state /sys/class/net/*/bonding/slaves /sys/class/net/*/bonding/mode /sys/class/net/*/bonding/miimon \
		/sys/class/net/*/bonding/lacp_rate /sys/class/net/*/bonding/primary /sys/class/net/*/bonding/all_slaves_active /sys/class/net/*/bonding_slave/perm_hwaddr
	set --; for l in /sys/class/net/*/device /sys/class/net/*/device/driver/module; do if [ -e "$l" ]; then set -- "$@" "$l"; fi; done
	[ $# = 0 ] || { section netlinks; leads "$@"; }
	section ports; for l in /sys/class/net/*/brif/* /sys/class/net/*/bridge /sys/class/net/*/bonding; do [ -e "$l" ] && printf '%s\n' "$l"; done
	says addresses ip addr show
	says route4 ip -4 route get 8.8.8.8
	says route6 ip -6 route get 2404:6800:400a:800::1012
	answers local4 ip -4 route show table local
	answers local6 ip -6 route show table local
	has ethtool || return
	for d in /sys/class/net/*; do
		section "ethtool -k"; printf '%s\n' "${d##*/}"; ethtool -k "${d##*/}"
		section "ethtool -T"; printf '%s\n' "${d##*/}"; ethtool -T "${d##*/}"
	done
}
get_dns() { files /etc/resolv.conf; }
get_iscsi() { files /etc/iscsi/initiatorname.iscsi; }
get_nvme() { files /etc/nvme/hostnqn; }
get_fibre_channel_wwn() { lines fc /sys/class/fc_host/*/port_name; }

# A program of local facts says facts on stdout, which is passed on as it comes; then its errors, and last its status and how many lines of errors there are.
run_fact() {
	err=$("$1" 2>&1 >&3 3>&-); status=$?
	n=$(printf '%s\n' "$err" | wc -l)
	printf '\n%s\n%d %d' "$err" $status "$n"
}
get_local() {
	for f in "$local_facts"/*.fact; do
		[ -e "$f" ] || [ -L "$f" ] || continue
		case $(ls -ldL -- "$f") in
		'') section 'fact gone'; printf '%s\n' "$f" ;;
		???[xs]*) section 'fact program'; { printf '%s\n' "$f"; run_fact "$f" 3>&1; } | short ;;
		*) section 'fact file'; { printf '%s\n' "$f"; cat -- "$f"; } | short ;;
		esac
	done
}

{
	printf '%s\n' "$token"
	for collector; do "get_$collector"; done
	read_files
	section end
} | sed -e '1{h;d;}' -e G -e 's/^=\([^ ]*\) \(.*\)\n\1$/=\2/' -e t -e 's/^\(.*\)=\([^ =]*\) \(.*\)\n\2$/ \1\n=\3/' -e t -e 's/\n.*//' -e 's/^/ /'

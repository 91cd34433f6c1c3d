#!/bin/sh
# Runs in the build: users, sudo, names; takes out what must be a container's own.
set -eu

# root, admin (sudo without a password), oper (sudo with one). Keys and passwords
# come with the container (lab-keys).
for user in admin oper; do
	useradd --create-home --shell /bin/bash "$user"
done
echo 'admin ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/lab
echo 'oper ALL=(ALL:ALL) ALL' >>/etc/sudoers.d/lab
chmod 440 /etc/sudoers.d/lab

# A wrong password is tested on purpose, and more than once from one address:
# OpenSSH 9.8 and later would shut that address out for a while.
if ! sshd -t -o PerSourcePenalties=no 2>&1 | grep -q 'Bad configuration'; then
	echo 'PerSourcePenalties no' >>/etc/ssh/sshd_config.d/lab.conf
fi
# Host keys are made when the container starts.
rm -f /etc/ssh/ssh_host_*

# The installer took the build's host name.
sed -i -e 's/^myhostname = .*/myhostname = mail.lab.test/' \
	-e 's/^mydestination = .*/mydestination = $myhostname, mail.lab.test, localhost.lab.test, localhost/' \
	/etc/postfix/main.cf

# rsyslog has no kernel log to read in a container.
sed -i 's/^module(load="imklog")/#&/' /etc/rsyslog.conf

# What needs a real machine, and would only fail or wait.
systemctl mask -q getty.target console-getty.service systemd-networkd.service \
	systemd-resolved.service systemd-timesyncd.service systemd-udevd.service \
	systemd-logind.service 2>/dev/null || true
systemctl set-default -q multi-user.target
rm -f /usr/sbin/policy-rc.d /etc/machine-id
: >/etc/machine-id

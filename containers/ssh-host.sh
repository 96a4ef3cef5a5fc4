#!/bin/sh
# Starts sshd for the user ops. Environment: OPS_PASSWORD, OPS_AUTHORIZED_KEY (one line of authorized_keys); at least one of them,
# else a password is made and printed once. Host keys are made on the first start and kept in /etc/ssh/host-keys.
set -eu

keys=/etc/ssh/host-keys
[ -f "$keys/ssh_host_ed25519_key" ] || ssh-keygen -q -t ed25519 -N '' -C "$(hostname)" -f "$keys/ssh_host_ed25519_key"

if [ -z "${OPS_PASSWORD:-}" ] && [ -z "${OPS_AUTHORIZED_KEY:-}" ]; then
  OPS_PASSWORD=$(head -c 18 /dev/urandom | base64)
  echo "password of ops on $(hostname): $OPS_PASSWORD"
fi

passwords=no
if [ -n "${OPS_PASSWORD:-}" ]; then
  printf 'ops:%s\n' "$OPS_PASSWORD" | chpasswd
  passwords=yes
fi
if [ -n "${OPS_AUTHORIZED_KEY:-}" ]; then
  # sshd refuses a file that others may write, and one that its user cannot read.
  mkdir -p /home/ops/.ssh
  printf '%s\n' "$OPS_AUTHORIZED_KEY" > /home/ops/.ssh/authorized_keys
  chmod 755 /home/ops/.ssh
  chmod 644 /home/ops/.ssh/authorized_keys
fi
unset OPS_PASSWORD OPS_AUTHORIZED_KEY

echo "host key of $(hostname): $(cut -d ' ' -f 1,2 "$keys/ssh_host_ed25519_key.pub")"
exec /usr/sbin/sshd -D -e \
  -o HostKey="$keys/ssh_host_ed25519_key" \
  -o AllowUsers=ops \
  -o PermitRootLogin=no \
  -o PasswordAuthentication="$passwords" \
  -o KbdInteractiveAuthentication=no \
  -o X11Forwarding=no

import { LONGEST_JUDGED } from './command-judgement.js';
import { judgePosix } from './judge-posix.js';

const READ = String.raw`
uptime
df -P /
df -h && free -m; uname -a
cat /etc/os-release | grep PRETTY | cut -d= -f2
ps aux --sort=-%cpu | head -n 5
/usr/bin/df -h
ls -la /var/log/*.log
journalctl -u nginx --since "1 hour ago" --no-pager -n 100
systemctl status nginx
systemctl --failed --no-pager
systemctl is-active sshd || true
ss -tlnp
ip addr show
ip -br a
ip route get 10.0.0.1
find /var/log -name '*.gz' -mtime +7
find /etc -type f -exec grep -l root {} +
find . -print0 | xargs -0 wc -l
du -sh /home/* 2>/dev/null
tail -n 50 /var/log/syslog 2>&1
dpkg -l | awk '{print $2}'
sed -n '1,20p' /etc/passwd
sed -E 's/a+/b/g' /etc/hosts
sudo -n cat /etc/hosts
sudo -u postgres ls /var/lib
timeout 5 ping -c 1 10.0.0.1
nice -n 10 du -sh /
sh -c 'df -h; free'
if [ -f /etc/redhat-release ]; then cat /etc/redhat-release; else cat /etc/debian_version; fi
for f in /etc/a /etc/b; do cat "$f"; done
while false; do :; done # never
echo $(hostname) "$(uptime)"
echo ${'$'}{HOME}
( date +%F; whoami )
{ id; groups; } | sort | uniq -c
! grep -q x /etc/hosts
docker ps -a
kubectl get pods -A
nginx -t
crontab -l
env
openssl x509 -in /etc/ssl/cert.pem -noout -dates
sysctl -n vm.swappiness
command -v python3
rpm -qa
apt list --installed
case $(uname) in Linux|BSD) uptime ;; *) id ;; esac
set -euo pipefail; uptime
sed -n '/error/p;$p' /var/log/syslog
sed 's/a/b/; s|c|d|g' f
ip link show eth0
apachectl configtest
apachectl -S
service nginx status
test -f /etc/x && [ "$HOME" = / ]
sort -- f
rpm -q --last bash
nft list ruleset
lastlog -u root
blkid -o value -s TYPE /dev/sda1
ls | xargs -I% stat /tmp/%
find /etc -name x -exec ls {} \; -exec stat {} \;
openssl x509 -in c.pem -noout -enddate
dmesg -T | tail
mount
hostname -f
# nothing
`;
const WRITE = String.raw`
touch /etc/flag
systemctl restart nginx
echo hi > /tmp/x
uptime >> "$LOG"
apt-get install -y htop
nginx -t && nginx -s reload
chmod 600 /etc/x
sed -i s/a/b/ /etc/hosts
find / -fprint /tmp/x
sort -o /etc/x /etc/y
sort -uo/etc/x /etc/y
sort --outp=/etc/x /etc/y
hostname newname
date -s 2020-01-01
date 010100002020
sysctl -w vm.swappiness=1
ip link set eth0 down
journalctl --vacuum-time=1d
journalctl --vac
journalctl --rotate
curl -X POST http://x/
tee /etc/x
./df
/tmp/cat /etc/passwd
/opt/../bin/cat x
ss -K dst 10.0.0.1
mount /dev/sdb1 /mnt
uniq in out
dmesg -C
sort $ANY
find . $X
find "$X" -name y
useradd bob
cp a b
nonsense-program
hostnamectl set-hostname x
mkdir -p /srv
echo x | tee f
git status
wget http://x/y
iptables -A INPUT -j DROP
iptables -L -Z
service nginx restart
rpm -q -E x
kubectl get pods --kubeconfig /tmp/x
kubectl apply -f x.yaml
top
crontab f
if true; then touch x; fi
echo $(touch x)
cat /etc/hosts > /etc/hosts2 2>/dev/null
sed -i 's/a/b/;s/c/d/' /etc/hosts
ip link s eth0 down
ip l s eth0 down
apachectl stop
apachectl graceful
service ../../tmp/x status
test -v 'a[$(id)]'
[ -v 'a[1]' ]
/usr/bin/../../tmp/ls
/usr/bin/x/ls
journalctl -u -- --rotate
sort -t -- -o /etc/x f
lastlog -C -u root
lastlog --clear
blkid -c /etc/x
rpm -q --setperms bash
rpm -q --dbpath '%(id)'
apt list -o Dir::Cache::pkgcache=/etc/x
dnf list --setopt=pluginpath=/tmp/x
kubectl get pods --profile-output=/etc/x
lvs --config 'log { file="/etc/x" }'
openssl x509 --out /etc/x
openssl s_client -connect 10.0.0.1:25
nft list ruleset \; add table x
zpool status -c x
find / -exec ls {} \; -fprint /tmp/x
chmod 600 /etc/y
git checkout main
curl -d @x http://x/
curl --upload-file x http://x/
systemctl stop nginx
mv a b
ln -sf a b
tar xf a.tar
`;
const DESTRUCTIVE = String.raw`
rm -rf /tmp/x
sudo rm x
reboot
shutdown -h now
dd if=/dev/zero of=/dev/sda
mkfs.ext4 /dev/sdb
echo c > /proc/sysrq-trigger
cat x > /dev/sda
find / -name x -delete
find / -exec rm {} \;
ls | xargs rm
kill -9 1
pkill nginx
systemctl poweroff
apt-get remove nginx
docker rm -f x
kubectl delete pod x
iptables -F
userdel bob
truncate -s 0 /var/log/syslog
uptime; rm x
uptime || rm x
echo "$(rm x)"
echo ${'`'}rm x${'`'}
sh -c 'rm x'
bash -euc "uptime; reboot"
r\m x
"rm" x
'r'm x
/bin/rm x
timeout 5 rm x
nice rm x
(uptime; rm x)
if false; then rm x; fi
for f in *; do rm "$f"; done
psql -c 'select 1'
git reset --hard
crontab -r
case x in x) rm y ;; esac
find / -exec ls {} \; -exec rm {} \;
find $X -exec rm -rf {} +
nft list ruleset \; flush ruleset
chmod -R 777 /
chown --recursive bob /
curl -XDELETE http://es/_all
curl -X DELETE http://es/_all
rpm -ev bash
rsync -a --del a b
ls | xargs -I{} rm {}
`;
const lines = (text: string): string[] => text.split('\n').filter((l) => l.trim() !== '');

it.each(lines(READ))('only reads: %s', (command) => { expect(judgePosix(command)).toMatchObject({ class: 'read' }); });
it.each(lines(WRITE))('changes something: %s', (command) => { expect(judgePosix(command).class).toBe('write'); });
it.each(lines(DESTRUCTIVE))('can\'t be undone: %s', (command) => { expect(judgePosix(command).class).toBe('destructive'); });

it.each([['uptime\nrm x', 'destructive'], ['uptime \\\n -p', 'read'], ['r\\\nm x', 'destructive'], ['\0', 'uninspectable'], ['echo "\nrm x\n"', 'read'], ["echo '\nrm x'", 'read'], ['ls # \nrm x', 'destructive'], ['ls #\rrm x', 'read'], ['ls\u00a0-l', 'write'], ['', 'read'], ['while false; do rm x; done', 'destructive'], ['ls &rm x', 'destructive'],
  [`${'$('.repeat(40)}ls${')'.repeat(40)}`, 'uninspectable'], [`${'( '.repeat(20_000)}ls`, 'uninspectable'], [`${'! '.repeat(20_000)}ls`, 'uninspectable'], [`${'if '.repeat(20_000)}ls`, 'uninspectable'], ['git "-cx=\n" log', 'uninspectable'], ['rsync "-e\n" a b', 'uninspectable'], ['zip "--unzip-command=\n" a', 'uninspectable'], ['rsync "--delete\n" a', 'destructive'], ['ls &> /dev/null', 'read'], ['ls &> f', 'write']] as const)('line ends, quotes and signs: %j', (command, expected) => {
  expect(judgePosix(command).class).toBe(expected);
});

it('what is longer than people read is not judged', () => {
  expect(judgePosix(`ls ${'a'.repeat(LONGEST_JUDGED - 3)}`).class).toBe('read');
  expect(judgePosix(`ls ${'a'.repeat(LONGEST_JUDGED - 2)}`)).toEqual({ class: 'uninspectable', why: 'it is longer than 65536 characters' });
});

it('says why', () => {
  expect(judgePosix('df; frobnicate')).toEqual({ class: 'write', why: '"frobnicate" is not known to only read' });
  expect(judgePosix('PATH=/tmp df').why).toBe("it sets PATH: what runs then can't be known");
});

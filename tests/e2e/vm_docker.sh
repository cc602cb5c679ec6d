#!/usr/bin/env bash
# Docker in a distribution of version 2, started by its systemd, by its ordinary user: images of archives, containers on overlay2
# with a bridge, limits, published ports, which are the host's, and what remains when the distribution is started again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vm.lib.sh"
vm_needs_own_kernel
vm_begin

port=$((20000 + $$ % 20000))
for side in "${sides[@]}"; do
	import box docker docker
	limit=400 is 'dockerd runs' 'active 0' box systemctl is-active docker
	is 'on overlay2, with cgroups of version 2' 'overlay2 systemd 2 0' box docker info -f '{{.Driver}} {{.CgroupDriver}} {{.CgroupVersion}}'

	# An image.
	is 'an image of an archive' ' 0' box sh -ec 'mkdir -p /tmp/image/bin /tmp/image/www && cd /tmp/image
		cp /bin/busybox bin/ && for n in sh cat echo httpd ip ls mount ps sleep touch wget; do ln -sf busybox bin/$n; done
		echo from a container >www/index.html
		tar -c . | docker import - busy >/dev/null'
	is 'saved, removed, loaded' '1 0' box sh -ec 'docker save busy >/tmp/busy.tar && docker rmi -f busy >/dev/null
		docker load -q </tmp/busy.tar >/dev/null; docker images -q busy | wc -l'

	# Containers.
	is 'docker run' 'in it 0' box docker run --rm busy /bin/echo in it
	is 'exit status' ' 42' box docker run --rm busy /bin/sh -c 'exit 42'
	is 'data through it' "$(seq 1 20000 | md5sum) 0" box sh -c 'seq 1 20000 | docker run --rm -i busy /bin/cat | md5sum'
	like 'its root is an overlay' 'overlay on / type overlay .* 0' box docker run --rm busy /bin/sh -c 'mount | busybox head -n 1'
	is 'limits' '67108864 50 0' box sh -c "docker run --rm -m 64m --memory-swap -1 --pids-limit 50 busy /bin/sh -c \
		'echo \$(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max)' 2>/dev/null"
	is 'a file of the distribution in it' 'box 0' box sh -c 'echo box >/tmp/given; docker run --rm -v /tmp/given:/given:ro busy /bin/cat /given'
	is 'a volume' 'kept 0' box sh -c 'docker run --rm -v data:/data busy /bin/sh -c "echo kept >/data/file" &&
		docker run --rm -v data:/data busy /bin/cat /data/file'

	# A server: a port of its own, published.
	is 'a server' ' 0' box sh -c "docker run -d --name web --restart always -p $port:80 busy /bin/httpd -f -p 80 -h /www >/dev/null"
	is 'exec in it' '1 0' box sh -c 'docker exec web /bin/ps | grep -c httpd'
	is 'another container reaches it by the bridge' 'from a container 0' box sh -c \
		'docker run --rm busy /bin/wget -q -O - "http://$(docker inspect -f "{{.NetworkSettings.IPAddress}}" web)/"'
	is 'the distribution by the published port' 'from a container 0' box busybox wget -q -O - "http://127.0.0.1:$port/"
	check 'and the host' 'from a container' "$(until_is 'from a container' get "$port")"
	is 'a network of its own' 'from a container 0' box sh -c 'docker network create inner >/dev/null &&
		docker run -d --name named --network inner busy /bin/httpd -f -p 80 -h /www >/dev/null &&
		docker run --rm --network inner busy /bin/wget -q -O - http://named/'
	is 'build' 'built 0' box sh -c 'mkdir -p /tmp/build && printf "FROM busy\nRUN [\"/bin/sh\", \"-c\", \"echo built >/made\"]\nCMD [\"/bin/cat\", \"/made\"]\n" >/tmp/build/Dockerfile
		DOCKER_BUILDKIT=0 docker build -q -t made /tmp/build >/dev/null && docker run --rm made'

	# Ends.
	is 'stopped' ' 0' box sh -c 'docker stop -t 1 named >/dev/null && docker rm named >/dev/null && docker network rm inner >/dev/null'
	is 'the distribution is ended' ' 0' --terminate box
	check 'and its port is gone' '' "$(until_is '' get "$port")"
	limit=400 is 'and started again' 'active 0' box systemctl is-active docker
	check 'the container with it' 'from a container' "$(until_is 'from a container' get "$port")"
	is 'the volume is there' 'kept 0' box docker run --rm -v data:/data busy /bin/cat /data/file
	is '--shutdown' ' 0' --shutdown
	/sbin/e2fsck -fn "${home_of_side[$side]}/lxrun/stores/box/disk.ext4" >"$results/fsck" 2>&1
	check 'fsck finds nothing' 0 $?
done
vm_finish

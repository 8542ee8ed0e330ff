# What the second kernel does.
mark 2
sleep 2
netup
snap k2post
mark 3
tell_shutdowns
poweroff -f

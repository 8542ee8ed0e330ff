# What the first kernel does; recordings have a copy, and conform reads it.
pre uhci_hcd virtio_pci virtio_net
traffic
sleep 2
tell_shutdowns
mark 1
reboot -f

pre 8139cp e1000 uhci-hcd nvme virtio_blk virtio_net virtio-rng virtio_pci ata_piix; mki2; kx ""; traffic; sleep 2; dump traf.interrupts cat /proc/interrupts
echo 1 > /sys/module/kernel/parameters/initcall_debug
eval "$PDCMD"
mark 1; msg "calling kexec -e"
kexec -e -x

using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Engine.Devices;

/// <summary>
/// A driver whose .shutdown is told by three facts (domain 7): what it frees, whether the chip is quiet afterwards, and whether it clears
/// Bus Master Enable. "Since" names the first release of the table that has it; "" = always, "never" = never.
/// </summary>
/// <param name="Id">Name in "Kernel driver in use".</param>
/// <param name="Handler">Its handler's symbol.</param>
/// <param name="ShutdownSince">Since when it has a .shutdown.</param>
/// <param name="Frees">It frees its irqs and disables MSI.</param>
/// <param name="Quiets">The chip raises nothing any more.</param>
/// <param name="BusMasterSince">Since when its .shutdown clears Bus Master Enable.</param>
/// <param name="Source">Files and trees.</param>
internal sealed record DriverFacts(string Id, string Handler, string ShutdownSince, bool Frees, bool Quiets, string BusMasterSince, string Source)
{
    private const string Always = "";
    private const string Never = "never";
    private const string Trees = "domain 7: trees 4.1.6 and 6.18; ";

    /// <summary>Until when Bus Master Enable is cleared; null = no end.</summary>
    public string? BusMasterUntil { get; init; }

    /// <summary>It uses its pin, whatever the device offers.</summary>
    public bool IntxOnly { get; init; }

    /// <summary>Its handler turns the device's interrupts off until its deferred work is done.</summary>
    public bool Masks { get; init; }

    /// <summary>On poweroff its shutdown ends in D3hot (system_state == SYSTEM_POWER_OFF).</summary>
    public bool SleepsAtPoweroff { get; init; }

    /// <summary>Its probe resets the device only under reset_devices.</summary>
    public bool ResetsOnlyIfAsked { get; init; }

    /// <summary>Its probe leaves Bus Master Enable alone.</summary>
    public bool NeverSetsMaster { get; init; }

    /// <summary>Its probe acknowledges what the device holds before it silences it.</summary>
    public bool AcknowledgesFirst { get; init; }

    /// <summary>Its probe sets Bus Master Enable last.</summary>
    public bool SetsMasterLast { get; init; }

    /// <summary>It changes to the pin when its guest does, and leaves the cause to it.</summary>
    public bool ServesGuest { get; init; }

    /// <summary>Its probe takes vectors twice.</summary>
    public bool TakesVectorsTwice { get; init; }

    /// <summary>What it leaves to the opening of its interface.</summary>
    public OpeningWork Opening { get; init; }

    /// <summary>What is not known.</summary>
    public string Unknown { get; init; } = "";

    public static readonly IReadOnlyList<DriverFacts> All =
    [
        new("igb", "igb_msix_ring", Always, true, true, Always, Trees + "drivers/net/ethernet/intel/igb; opening: __igb_open → igb_request_irq") { SleepsAtPoweroff = true, Opening = OpeningWork.Request },
        new("ixgbe", "ixgbe_msix_clean_rings", Always, true, true, Always, Trees + "drivers/net/ethernet/intel/ixgbe; opening: ixgbe_open → ixgbe_request_irq") { SleepsAtPoweroff = true, Opening = OpeningWork.Request },
        new("i40e", "i40e_msix_clean_rings", Always, true, true, Never, Trees + "drivers/net/ethernet/intel/i40e; quiet \"mostly\"; opening: i40e_vsi_open → i40e_vsi_request_irq; its misc vector at probe") { SleepsAtPoweroff = true, Opening = OpeningWork.Request },
        new("e100", "e100_intr", Always, true, true, Always, Trees + "drivers/net/ethernet/intel/e100.c; opening: e100_up → request_irq") { IntxOnly = true, Opening = OpeningWork.Request },
        new("r8169", "rtl8169_interrupt", Always, false, true, Never, Trees + "drivers/net/ethernet/realtek/r8169; opening: rtl_open → request_irq") { SleepsAtPoweroff = true, Opening = OpeningWork.Request },
        new("8139cp", "cp_interrupt", Never, false, false, Never, "drivers/net/ethernet/realtek/8139cp.c; recordings s1_reboot_pc_k61; cp_stop_hw writes IntrStatus before IntrMask; opening: cp_open → request_irq") { IntxOnly = true, Masks = true, AcknowledgesFirst = true, Opening = OpeningWork.Request },
        new("tg3", "tg3_msi", Always, true, true, "6.18", Trees + "drivers/net/ethernet/broadcom/tg3.c; frees only if the interface is up; opening: tg3_start → tg3_ints_init") { SleepsAtPoweroff = true, Opening = OpeningWork.SetUp },
        new("bnx2", "bnx2_msi", Always, true, true, Never, Trees + "drivers/net/ethernet/broadcom/bnx2.c; frees only if the interface is up; opening: bnx2_open → bnx2_setup_int_mode, bnx2_request_irq") { SleepsAtPoweroff = true, Opening = OpeningWork.SetUp },
        new("bnx2x", "bnx2x_msix_fp_int", Always, true, true, Never, Trees + "drivers/net/ethernet/broadcom/bnx2x; opening: bnx2x_nic_load, from memory") { Opening = OpeningWork.Request },
        new("bnxt_en", "bnxt_msix", Always, true, true, Always, Trees + "drivers/net/ethernet/broadcom/bnxt; not in 4.1; opening: bnxt_open → bnxt_request_irq, from memory") { Opening = OpeningWork.Request },
        new("vmxnet3", "vmxnet3_intr", "4.9", false, true, Never, Trees + "drivers/net/vmxnet3; opening: vmxnet3_activate_dev → vmxnet3_request_irqs") { Opening = OpeningWork.Request },
        new("ena", "ena_intr_msix_io", "6.1", true, true, "6.1", Trees + "drivers/net/ethernet/amazon/ena; teardown since 2020; opening: ena_up → ena_request_io_irq, from memory; its management vector at probe") { Opening = OpeningWork.Request },
        new("mlx4_core", "mlx4_msi_x_interrupt", Always, true, true, "6.18", Trees + "drivers/net/ethernet/mellanox/mlx4"),
        new("mlx5_core", "mlx5_eq_async_int", "4.9", true, true, Never, Trees + "drivers/net/ethernet/mellanox/mlx5"),
        new("nvme", "nvme_irq", Always, true, true, Always, Trees + "drivers/nvme/host/pci.c; recordings s1, q35-nvme-multi; s3_kexec_q35_k612 for its probe (nvme_setup_io_queues frees the irq of the admin queue, whatever its mode)") { TakesVectorsTwice = true },
        new("xhci_hcd", "xhci_msi_irq", Always, true, true, Always, Trees + "drivers/usb/host/xhci-pci.c; recordings s1_reboot_q35_k612"),
        new("ehci-pci", "usb_hcd_irq", Always, true, true, Always, Trees + "drivers/usb/host/ehci-pci.c") { IntxOnly = true },
        new("ohci-pci", "usb_hcd_irq", Always, true, true, Always, Trees + "drivers/usb/host/ohci-pci.c") { IntxOnly = true },
        new("mpt3sas", "_base_interrupt", Always, true, true, Always, Trees + "drivers/scsi/mpt3sas") { BusMasterUntil = "6.18" },
        new("mptsas", "mpt_interrupt", Never, false, false, Never, Trees + "drivers/message/fusion: mptscsih_shutdown is empty"),
        new("mptspi", "mpt_interrupt", Never, false, false, Never, Trees + "drivers/message/fusion: mptscsih_shutdown is empty"),
        new("hpsa", "do_hpsa_intr_msi", Always, true, true, "6.18", Trees + "drivers/scsi/hpsa.c"),
        new("aacraid", "aac_src_intr_message", Always, true, true, Never, Trees + "drivers/scsi/aacraid; domain 8, aacraid-mode") { ResetsOnlyIfAsked = true },
        new("qla2xxx", "qla24xx_msix_default", Always, true, true, Always, Trees + "drivers/scsi/qla2xxx"),
        new("lpfc", "lpfc_sli4_hba_intr_handler", "4.9", true, true, "4.9", Trees + "drivers/scsi/lpfc: its .shutdown is the full remove"),
        new("snd_hda_intel", "azx_interrupt", Always, false, true, Never, Trees + "sound/pci/hda/hda_intel.c: azx_first_init takes the irq, then pci_set_master (6.12.111 in QEMU)") { SetsMasterLast = true },
        new("vmw_pvscsi", "pvscsi_isr", Always, true, true, Never, "drivers/scsi/vmw_pvscsi.c: pvscsi_shutdown, from memory; MSI off and INTx allowed in its shutdown, Bus Master stays, seen on 6.1.192 in QEMU"),
        new("pcnet32", "pcnet32_interrupt", Never, false, false, Never, "drivers/net/ethernet/amd/pcnet32.c; nothing written at shutdown, seen on 6.1.192 in QEMU; opening: pcnet32_open → request_irq") { Opening = OpeningWork.Request },
        new("i801_smbus", "i801_isr", Never, false, false, Never, "drivers/i2c/busses/i2c-i801.c; nothing written at shutdown, seen on 6.1.192 in QEMU") { IntxOnly = true, NeverSetsMaster = true },
        new("i6300ESB timer", "none", Never, false, false, Never, "drivers/watchdog/i6300esb.c: it requests no irq, from memory; nothing written at shutdown, seen on 6.1.192 in QEMU") { NeverSetsMaster = true },
        new("i915", "gen8_irq_handler", "6.18", false, true, Never, Trees + "drivers/gpu/drm/i915; when its .shutdown came is not in the trees read")
        {
            Unknown = "since which release it has a .shutdown (absent in 4.1.6, present in 6.18)",
        },
        new("amdgpu", "amdgpu_irq_handler", Always, false, true, Never, Trees + "drivers/gpu/drm/amd/amdgpu; not in 4.1"),
        new("radeon", "radeon_driver_irq_handler_kms", Never, false, false, Never, Trees + "drivers/gpu/drm/radeon; only on PPC64 and Loongson"),
        new("nouveau", "nvkm_mc_intr", Never, false, false, Never, Trees + "drivers/gpu/drm/nouveau"),
        new("vfio-pci", "vfio_intx_handler", Never, false, false, Never, Trees + "drivers/vfio/pci; domain 6.4") { ServesGuest = true },
        new("alx", "alx_intr_legacy", Never, false, false, Never, Trees + "drivers/net/ethernet/atheros/alx; opening: __alx_open → alx_enable_msix") { Opening = OpeningWork.SetUp },
        new("iomemory-vsl", "iodrive_intr", Always, false, false, Never, "iomemory-vsl 3.2.16: fusion_do_shutdown, a closed blob")
        {
            Unknown = "whether its shutdown frees its irqs, silences the card or clears Bus Master Enable",
        },
    ];

    public DriverModel ToModel() => new(
        Id, new HandlerModel(Handler, ClearsCause: !ServesGuest, Blind: false) { Masks = Masks, LeavesToGuest = ServesGuest },
        new HandlerModel(ServesGuest ? "vfio_msihandler" : Handler, ClearsCause: true, Blind: ServesGuest), Source)
    {
        ChangesToIntx = ServesGuest,
        NeverSetsMaster = NeverSetsMaster,
        SetsMasterLast = SetsMasterLast,
        AcknowledgesFirst = AcknowledgesFirst,
        ResetsOnlyIfAsked = ResetsOnlyIfAsked,
        TakesVectorsTwice = TakesVectorsTwice,
        Opening = Opening,
        IntxOnly = IntxOnly,
        Unknown = Unknown,
        Shutdown = Script,
    };

    private static bool Since(KernelRelease release, string version) => version != Never && (version.Length == 0 || release.IsAtLeast(version));

    private IReadOnlyList<Step> Script(KernelRelease release)
    {
        if (!Since(release, ShutdownSince))
        {
            return [];
        }

        var where = Id + " .shutdown";
        var busMaster = Since(release, BusMasterSince) && (BusMasterUntil is null || !release.IsAtLeast(BusMasterUntil));
        return
        [
            .. Quiets ? [DriverModel.Quiesce(where, Source)] : Array.Empty<Step>(),
            .. Frees ? DriverModel.FreeInterrupts(where, Source) : [],
            .. busMaster ? [new Step(Op.BusMaster, 0, Guard.BusMasterOn, Cost.ConfigWrite, where, Source)] : Array.Empty<Step>(),
            .. SleepsAtPoweroff ? [new Step(Op.PowerState, 3, Guard.Always, Cost.ConfigWrite, where + " → pci_set_power_state(D3hot)", Source) { Only = ShutdownPath.Poweroff }]
                : Array.Empty<Step>(),
        ];
    }
}

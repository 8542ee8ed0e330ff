using PciDash.Engine.Kernel;

namespace PciDash.Scenarios.Printed;

/// <summary>What a kernel prints, by release: the strings that changed between those of the table.</summary>
/// <param name="Since">First release of the table that prints so.</param>
/// <param name="Kexec">kernel_kexec, before machine_shutdown.</param>
/// <param name="Restart">kernel_restart.</param>
/// <param name="MachineRestart">native_machine_restart.</param>
/// <param name="PowerOff">kernel_power_off.</param>
/// <param name="NoHandler">The common interrupt entry, for a vector of nobody: CPU and vector stand in for {0} and {1}.</param>
/// <param name="Source">Tree or recording.</param>
public sealed record KernelMessages(string Since, string Kexec, string Restart, string MachineRestart, string PowerOff, string NoHandler, string Source)
{
    /// <summary>Newest first.</summary>
    public static IReadOnlyList<KernelMessages> All { get; } =
    [
        new("6.1", "kexec_core: Starting new kernel", "reboot: Restarting system", "reboot: machine restart", "reboot: Power down",
            "__common_interrupt: {0}.{1} No irq handler for vector", "recordings s1, s2, s3; the last: arch/x86/include/asm/idtentry.h, DEFINE_IDTENTRY_IRQ, from memory"),
        new("4.4", "kexec_core: Starting new kernel", "reboot: Restarting system", "reboot: machine restart", "reboot: Power down",
            "do_IRQ: {0}.{1} No irq handler for vector", "tree 4.12: arch/x86/kernel/irq.c; kexec_core since 2965faa5e03d (4.3, from memory)"),
        new("4.1", "kexec: Starting new kernel", "reboot: Restarting system", "reboot: machine restart", "reboot: Power down",
            "do_IRQ: {0}.{1} No irq handler for vector (irq -1)", "pr_fmt of kernel/kexec.c since e1bebcf41eb5 (3.16, from memory)"),
        new("3.11", "Starting new kernel", "reboot: Restarting system", "reboot: machine restart", "reboot: Power down",
            "do_IRQ: {0}.{1} No irq handler for vector (irq -1)", "kernel/reboot.c and its pr_fmt since 15d94b82565e (3.11, from memory)"),
        new("2.6.24", "Starting new kernel", "Restarting system.", "machine restart", "Power down.",
            "do_IRQ: {0}.{1} No irq handler for vector (irq -1)", "tree 3.3.8: kernel/sys.c, kernel/kexec.c, arch/x86/kernel/irq.c, reboot.c"),
    ];

    /// <summary>What that release prints.</summary>
    public static KernelMessages Of(KernelRelease release)
    {
        ArgumentNullException.ThrowIfNull(release);
        return All.First(m => release.IsSince(m.Since));
    }
}

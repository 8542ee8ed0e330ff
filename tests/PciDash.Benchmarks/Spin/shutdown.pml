/*
 * The reboot of a Linux 4.1 machine as Promela: what the engine's search over all orderings is held against.
 *
 * Written from the same facts as the engine (shutdown policies, flow handlers, spurious.c, PCI's rules for messages and pins, QEMU's
 * IO-APIC), for machines of uhci, virtio-pci and ahci functions on QEMU's q35. One action of an actor is one d_step: a configuration write,
 * a handler's access to its device, note_interrupt, an EOI. Each actor is a process of one control state, so that a state is its globals.
 *
 * The machine is given by machine.h: how many functions, lines and CPUs there are, and which function is what, as bit sets.
 *   FUNCTIONS, LINES, CPUS   functions, lines, CPUs (1 or 2)
 *   MSIX MSI INTX   functions that interrupt by MSI-X, by MSI, by their pin with a handler on its line
 *   VIRTIO     functions that latch INTx at a notification and notify once until they are looked at (QEMU's virtio)
 *   QUIESCED   functions whose driver silences the chip in its .shutdown (uhci)
 *   BUSY       functions with events of their own
 *   LINE_OF    two bits for each function: the line its pin ends on;   ON_LINE0 .. ON_LINE3: the same as sets of functions
 *   CPU_OF     functions whose vectors are on CPU 1;   LINE_CPU: lines whose vector is on CPU 1
 *   MSI_OFF    1: the core turns MSI and MSI-X off behind the driver (3.13 - 4.10); 0: it does not (the patch of May 2015)
 * With OBSERVE every state that a step leads to is printed; with SPURIOUS_DISABLE, LIVE_SHARER or LATE_MSI the property of that name is asserted.
 * BREADTH_FIRST is needed for a verifier that searches in breadth.
 * With ONE_PROCESS one process makes the choices of all actors: a shorter state vector, and nothing that a reduction could use.
 */

#include "machine.h"

#define IN(set, f)   (((set) >> (f)) & 1)
#define LINE(f)      ((LINE_OF >> (2 * (f))) & 3)
#define ON_LINE(l)   ((l) == 0 -> ON_LINE0 : ((l) == 1 -> ON_LINE1 : ((l) == 2 -> ON_LINE2 : ON_LINE3)))
#define POLLER       CPUS
#define OTHER_PINS   12

/* What a function's handler of a vector and of a line do: vring_interrupt does not look, all others read the status, which clears it. */
#define NONE 0
#define HANDLED 1

/* Where a context stands. */
#define IDLE 0
#define ENTER 1
#define EXIT 2
#define NOTE 3
#define EOI 4

/* Where the task stands. */
#define PHASE_RUNNING 0
#define RUNNING 1
#define PHASE_DEVICE_SHUTDOWN 2
#define NEXT_DEVICE 3
#define SHUTDOWN_ENTER 4
#define QUIESCE 5
#define MSI_DISABLE 6
#define MSI_OPEN_INTX 7
#define MSI_UNMASK 8
#define MSI_NOTE 9
#define MSIX_MASK 10
#define MSIX_DISABLE 11
#define MSIX_OPEN_INTX 12
#define MSIX_NOTE 13
#define SHUTDOWN_EXIT 14
#define BETWEEN 15
#define PHASE_MACHINE_SHUTDOWN 16
#define OTHER_PIN 17
#define MASK_PIN 18
#define CLEAR_PIN 19
#define IRQS_OFF 20
#define STOP_CPUS 21
#define PHASE_FIRMWARE 22
#define PLATFORM_RESET 23
#define END 24
#define OVER 25

typedef Function {
    bit bus_master; bit intx_disable; bit msi; bit msix;
    bit notified;               /* a notification in INTx mode that nobody acknowledged */
    bit running;
    bit kernel_msi; bit kernel_msix;
    bit entered; bit returned;  /* its shutdown */
    bit cause; bit outstanding; /* an event that no handler acknowledged; one that the driver has not looked at */
    bit masked; bit pending; bit written   /* its vectors: masked, one waits, address and data are there */
};

typedef Pin {
    bit masked; bit remote_irr; bit level_mode; bit latch; bit level; bit paused;
    bit spurious; bit disabled; bit in_progress; bit polled;
    unsigned counter : 2        /* irqs_unhandled: quiet, counting, may trip */
};

typedef Context {
    unsigned stage : 3;
    unsigned descriptor : 5;    /* a line, or LINES + the function of a vector */
    unsigned action : 5;        /* the function whose handler runs */
    bit sum; bit returned
};

Function fn[FUNCTIONS];
Pin line[LINES];
Context ctx[CPUS + 1];
short pins;                     /* functions whose pin is asserted */
short irr[CPUS];                   /* requests: lines, and above them functions; the highest is taken first */
bit armed;                      /* the poller's timer */
bit irqs_off; bit stopped;      /* CPU 0; CPU 1 */
byte step; byte at;             /* the task: what comes next, and for which function, line or write */

/* Used within a step only. A search in breadth allows no hidden variables: there they are state, and cleared after each step. */
#ifdef BREADTH_FIRST
#define SCRATCH
#define CLEAR i_pin = 0; i_line = 0; i_fn = 0; up = 0; had = 0; slot = 0; caller = 0; next = 0; poll = 0; chain = 0
#else
#define SCRATCH hidden
#define CLEAR skip
#endif
SCRATCH byte i_pin; SCRATCH byte i_line; SCRATCH byte i_fn; SCRATCH byte slot; SCRATCH byte caller; SCRATCH byte next; SCRATCH byte poll;
SCRATCH byte up; SCRATCH byte had;
SCRATCH short chain;

#ifdef OBSERVE
c_code { \#include "observe.h" };
#define SEEN CLEAR; c_code { observe(); }
#else
#define SEEN CLEAR
#endif

#define ENABLED(c)        ((c) == 0 -> !irqs_off : !stopped)
#define WANTS_DELIVERY(l) (line[l].latch && !line[l].masked)
#define HAS_ACTION(l)     ((INTX & ON_LINE(l)) != 0)
#define TASK_MAY          (ctx[0].stage == IDLE && (irqs_off || irr[0] == 0) && ctx[POLLER].stage == IDLE && step != OVER)
#define OTHERS_IDLE       (CPUS == 1 || ctx[CPUS - 1].stage == IDLE)

/* QEMU's IO-APIC looks at every pin whenever one is written or evaluated. */
inline service_pins() {
    i_pin = 0;
    do
    :: i_pin == LINES -> break
    :: else ->
        if
        :: line[i_pin].latch && !line[i_pin].masked && !line[i_pin].remote_irr && line[i_pin].level_mode ->
            line[i_pin].paused = 0;
            line[i_pin].remote_irr = 1;
            irr[IN(LINE_CPU, i_pin)] = irr[IN(LINE_CPU, i_pin)] | (1 << i_pin)
        :: else
        fi;
        i_pin++
    od
}

/* A line is the OR of its pins; in level mode the latch follows it, in edge mode a masked pin ignores a rise. */
inline evaluate_line(l) {
    up = ((pins & ON_LINE(l)) != 0);
    line[l].level = up;
    if
    :: line[l].level_mode -> line[l].latch = up
    :: else ->
        if
        :: up && !line[l].masked -> line[l].latch = 1
        :: else
        fi
    fi;
    service_pins()
}

/* Neither Bus Master Enable nor a handler is in it: INTx-Disable, MSI and MSI-X Enable are. */
inline evaluate_pin(f) {
    up = !fn[f].intx_disable && !fn[f].msi && !fn[f].msix && (IN(VIRTIO, f) -> fn[f].notified : fn[f].cause);
    if
    :: up != IN(pins, f) ->
        pins = pins ^ (1 << f);
        i_line = LINE(f);
        evaluate_line(i_line)
    :: else
    fi
}

/* pci_intx(dev, 1): a write only if the bit changes; QEMU then looks at the lines of all four pins of the function. */
inline open_intx(f) {
    if
    :: fn[f].intx_disable ->
        fn[f].intx_disable = 0;
        evaluate_pin(f);
        i_line = 0;
        do
        :: i_line == LINES -> break
        :: else -> evaluate_line(i_line); i_line++
        od
    :: else
    fi
}

/* A handler looks at its device. */
inline service(f, clears) {
    had = fn[f].cause;
    fn[f].outstanding = 0;
    if
    :: clears -> fn[f].cause = 0; fn[f].notified = 0
    :: else
    fi;
    evaluate_pin(f)
}

/* The first function from one on whose handler is on the line; FUNCTIONS = none. */
inline next_action(l, from) {
    next = from;
    chain = INTX & ON_LINE(l);
    do
    :: next < FUNCTIONS && !IN(chain, next) -> next++
    :: else -> break
    od
}

inline mask_pin(l) { line[l].masked = 1; service_pins() }

#ifdef LATE_MSI
#define NO_LATE_MSI(f) assert(!fn[f].returned)
#else
#define NO_LATE_MSI(f) skip
#endif

/* An event: the cause is remembered, and the function interrupts in the mode it is in. */
inline fire(f) {
    fn[f].cause = 1;
    fn[f].outstanding = 1;
    if
    :: fn[f].msix && fn[f].masked -> fn[f].pending = 1
    :: (fn[f].msi || fn[f].msix) && !(fn[f].msix && fn[f].masked) ->
        if
        :: fn[f].bus_master && fn[f].written ->
            NO_LATE_MSI(f);
            irr[IN(CPU_OF, f)] = irr[IN(CPU_OF, f)] | (1 << (LINES + (f)))
        :: else
        fi
    :: else -> fn[f].notified = 1
    fi;
    evaluate_pin(f)
}

inline context(c, s, d, a, sum_of, ret_of) {
    ctx[c].stage = s; ctx[c].descriptor = d; ctx[c].action = a; ctx[c].sum = sum_of; ctx[c].returned = ret_of
}

inline take(c) {
    slot = LINES + FUNCTIONS - 1;
    do
    :: !IN(irr[c], slot) -> slot--
    :: else -> break
    od;
    irr[c] = irr[c] & ~(1 << slot);
    if
    :: slot >= LINES -> context(c, ENTER, slot, slot - LINES, NONE, NONE)
    :: else ->
        next_action(slot, 0);
        if
        :: next == FUNCTIONS || line[slot].disabled ->   /* lazily masked, not counted */
            mask_pin(slot);
            context(c, EOI, slot, 0, NONE, NONE)
        :: else ->
            line[slot].in_progress = 1;
            context(c, ENTER, slot, next, NONE, NONE)
        fi
    fi
}

inline enter_handler(c) {
    caller = ctx[c].action;
    if
    :: ctx[c].descriptor >= LINES && IN(VIRTIO, caller) -> service(caller, 0); ctx[c].returned = HANDLED
    :: else -> service(caller, 1); ctx[c].returned = had
    fi;
    ctx[c].stage = EXIT
}

inline exit_handler(c) {
    if
    :: ctx[c].descriptor >= LINES -> context(c, IDLE, 0, 0, NONE, NONE)
    :: else ->
        slot = ctx[c].descriptor;
        had = ctx[c].sum | ctx[c].returned;
        next_action(slot, ctx[c].action + 1);
        if
        :: next < FUNCTIONS -> context(c, ENTER, slot, next, had, NONE)
        :: else -> context(c, NOTE, slot, 0, had, NONE)
        fi
    fi
}

/* note_interrupt without the numbers: a line that was unhandled twice may go on, or be given up. */
#define MAY_TRIP(c) (!line[ctx[c].descriptor].polled && line[ctx[c].descriptor].counter == 2)

inline note_interrupt(c) {
    slot = ctx[c].descriptor;
    line[slot].in_progress = 0;
    if
    :: !line[slot].polled && ctx[c].sum == NONE && line[slot].counter < 2 -> line[slot].counter = line[slot].counter + 1
    :: else
    fi;
    context(c, EOI, slot, 0, NONE, NONE)
}

inline nobody_cared(c) {
    slot = ctx[c].descriptor;
    line[slot].in_progress = 0;
    line[slot].counter = 0;
    line[slot].spurious = 1;
    line[slot].disabled = 1;
    armed = 1;
    context(c, EOI, slot, 0, NONE, NONE)
#ifdef SPURIOUS_DISABLE
    ; assert(false)
#endif
}

inline end_of_interrupt(c) {
    slot = ctx[c].descriptor;
    context(c, IDLE, 0, 0, NONE, NONE);
    line[slot].remote_irr = 0;
    if
    :: WANTS_DELIVERY(slot) -> service_pins()
    :: else
    fi
}

/* After many in a row QEMU waits before it delivers again. */
inline end_of_interrupt_with_pause(c) {
    slot = ctx[c].descriptor;
    context(c, IDLE, 0, 0, NONE, NONE);
    line[slot].remote_irr = 0;
    line[slot].paused = 1
}

/* poll_spurious_irqs: the handlers of the next disabled irq, or none is left and the timer waits again. */
inline poll_from(l) {
    poll = l;
    do
    :: poll < LINES && !(line[poll].spurious && HAS_ACTION(poll)) -> poll++
    :: else -> break
    od;
    if
    :: poll < LINES ->
        line[poll].polled = 1;
        next_action(poll, 0);
        context(POLLER, ENTER, poll, next, NONE, NONE)
    :: else -> context(POLLER, IDLE, 0, 0, NONE, NONE)
    fi
}

inline exit_polled_handler() {
    slot = ctx[POLLER].descriptor;
    had = ctx[POLLER].sum | ctx[POLLER].returned;
    next_action(slot, ctx[POLLER].action + 1);
    if
    :: next < FUNCTIONS -> context(POLLER, ENTER, slot, next, had, NONE)
    :: else ->
        line[slot].polled = 0;
        poll_from(slot + 1)
    fi
}

/* pci_msi_shutdown, then pci_msix_shutdown; each only if the kernel has it on. */
#define AFTER_DRIVER (MSI_OFF && fn[at].kernel_msi -> MSI_DISABLE : (MSI_OFF && fn[at].kernel_msix -> MSIX_MASK : SHUTDOWN_EXIT))

inline platform_reset() {
    i_fn = 0;
    do
    :: i_fn == FUNCTIONS -> break
    :: else ->
        fn[i_fn].bus_master = 0; fn[i_fn].intx_disable = 0; fn[i_fn].msi = 0; fn[i_fn].msix = 0; fn[i_fn].notified = 0;
        fn[i_fn].running = 0; fn[i_fn].cause = 0; fn[i_fn].outstanding = 0;
        fn[i_fn].masked = IN(MSIX, i_fn); fn[i_fn].pending = 0; fn[i_fn].written = 0;
        evaluate_pin(i_fn);
        i_fn++
    od;
    i_fn = 0;
    do
    :: i_fn == LINES -> break
    :: else ->
        line[i_fn].remote_irr = 0; line[i_fn].level_mode = 0; line[i_fn].latch = 0; line[i_fn].paused = 0; line[i_fn].masked = 1;
        i_fn++
    od;
    i_fn = 0;
    do
    :: i_fn == CPUS -> break
    :: else -> irr[i_fn] = 0; i_fn++
    od
}

inline step_task() {
    if
    :: step == PHASE_RUNNING -> step = RUNNING
    :: step == RUNNING -> step = PHASE_DEVICE_SHUTDOWN
    :: step == PHASE_DEVICE_SHUTDOWN -> step = NEXT_DEVICE; at = FUNCTIONS - 1
    :: step == NEXT_DEVICE -> step = SHUTDOWN_ENTER
    :: step == SHUTDOWN_ENTER ->
        fn[at].entered = 1;
        step = (IN(QUIESCED, at) -> QUIESCE : AFTER_DRIVER)
    :: step == QUIESCE ->
        fn[at].running = 0; fn[at].cause = 0; fn[at].outstanding = 0; fn[at].notified = 0;
        evaluate_pin(at);
        step = AFTER_DRIVER
    :: step == MSI_DISABLE -> fn[at].msi = 0; evaluate_pin(at); step = MSI_OPEN_INTX
    :: step == MSI_OPEN_INTX -> open_intx(at); step = MSI_UNMASK
    :: step == MSI_UNMASK -> step = MSI_NOTE            /* none of these functions has masks for MSI */
    :: step == MSI_NOTE -> fn[at].kernel_msi = 0; step = (fn[at].kernel_msix -> MSIX_MASK : SHUTDOWN_EXIT)
    :: step == MSIX_MASK -> fn[at].masked = 1; step = MSIX_DISABLE
    :: step == MSIX_DISABLE -> fn[at].msix = 0; evaluate_pin(at); step = MSIX_OPEN_INTX
    :: step == MSIX_OPEN_INTX -> open_intx(at); step = MSIX_NOTE
    :: step == MSIX_NOTE -> fn[at].kernel_msix = 0; step = SHUTDOWN_EXIT
    :: step == SHUTDOWN_EXIT ->
        fn[at].returned = 1;
        if
        :: at == 0 -> step = BETWEEN
        :: else -> at--; step = NEXT_DEVICE
        fi
    :: step == BETWEEN -> step = PHASE_MACHINE_SHUTDOWN
    :: step == PHASE_MACHINE_SHUTDOWN -> step = OTHER_PIN; at = 0
    :: step == OTHER_PIN ->
        service_pins();
        at++;
        if
        :: at == OTHER_PINS -> step = MASK_PIN; at = 0
        :: else
        fi
    :: step == MASK_PIN ->
        /* An entry is written in two halves: at the first one the pin is still open. */
        if
        :: !line[at].masked -> service_pins()
        :: else
        fi;
        mask_pin(at);
        step = CLEAR_PIN
    :: step == CLEAR_PIN ->
        line[at].level_mode = 0; line[at].paused = 0; line[at].remote_irr = 0;
        mask_pin(at);
        at++;
        if
        :: at == LINES -> step = IRQS_OFF; at = 0
        :: else -> step = MASK_PIN
        fi
    :: step == IRQS_OFF -> irqs_off = 1; step = STOP_CPUS
    :: step == STOP_CPUS -> stopped = 1; step = PHASE_FIRMWARE
    :: step == PHASE_FIRMWARE -> step = PLATFORM_RESET
    :: step == PLATFORM_RESET -> platform_reset(); step = END
    :: step == END -> step = OVER
    fi
}

#ifdef LIVE_SHARER
/* A line is dead while a sharer's shutdown has not returned. */
inline check_sharers() {
    i_fn = 0;
    do
    :: i_fn == FUNCTIONS -> break
    :: else ->
        i_line = LINE(i_fn);
        assert(!(IN(INTX, i_fn) && line[i_line].spurious && !fn[i_fn].returned));
        i_fn++
    od
}
#define DONE check_sharers(); SEEN
#else
#define DONE SEEN
#endif

#define INTERRUPT(c) \
    :: d_step { ctx[c].stage == IDLE && irr[c] != 0 && ENABLED(c) -> take(c); DONE } \
    :: d_step { ctx[c].stage == ENTER -> enter_handler(c); DONE } \
    :: d_step { ctx[c].stage == EXIT -> exit_handler(c); DONE } \
    :: d_step { ctx[c].stage == NOTE -> note_interrupt(c); DONE } \
    :: d_step { ctx[c].stage == NOTE && MAY_TRIP(c) -> nobody_cared(c); DONE } \
    :: d_step { ctx[c].stage == EOI -> end_of_interrupt(c); DONE } \
    :: d_step { ctx[c].stage == EOI && WANTS_DELIVERY(ctx[c].descriptor) -> end_of_interrupt_with_pause(c); DONE }

#define TASK \
    :: d_step { TASK_MAY && (step != STOP_CPUS || OTHERS_IDLE) -> step_task(); DONE }

/* Its timer is above every device's vector: it needs a CPU that is in no interrupt, not one that has none to take. */
#define POLL \
    :: d_step { ctx[POLLER].stage == IDLE && armed && ctx[0].stage == IDLE && !irqs_off -> poll_from(0); DONE } \
    :: d_step { ctx[POLLER].stage == ENTER && ctx[0].stage == IDLE && !irqs_off -> enter_handler(POLLER); DONE } \
    :: d_step { ctx[POLLER].stage == EXIT && ctx[0].stage == IDLE && !irqs_off -> exit_polled_handler(); DONE }

#define PAUSE(l) \
    :: d_step { line[l].paused -> line[l].paused = 0; service_pins(); DONE }

#define EVENT(f) \
    :: d_step { fn[f].running && !(IN(VIRTIO, f) && fn[f].outstanding) -> fire(f); DONE }

#ifdef ONE_PROCESS
proctype machine() {
end:
    do
    INTERRUPT(0)
#if CPUS > 1
    INTERRUPT(1)
#endif
    TASK
    POLL
    PAUSE(0)
#if LINES > 1
    PAUSE(1)
#endif
#if LINES > 2
    PAUSE(2)
#endif
#if LINES > 3
    PAUSE(3)
#endif
#if (BUSY >> 0) & 1
    EVENT(0)
#endif
#if (BUSY >> 1) & 1
    EVENT(1)
#endif
#if (BUSY >> 2) & 1
    EVENT(2)
#endif
#if (BUSY >> 3) & 1
    EVENT(3)
#endif
#if (BUSY >> 4) & 1
    EVENT(4)
#endif
#if (BUSY >> 5) & 1
    EVENT(5)
#endif
#if (BUSY >> 6) & 1
    EVENT(6)
#endif
#if (BUSY >> 7) & 1
    EVENT(7)
#endif
#if (BUSY >> 8) & 1
    EVENT(8)
#endif
#if (BUSY >> 9) & 1
    EVENT(9)
#endif
    od
}
#else
proctype interrupt(byte c) {
end:
    do
    INTERRUPT(c)
    od
}

proctype task() {
end:
    do
    TASK
    od
}

proctype poller() {
end:
    do
    POLL
    od
}

proctype pause(byte l) {
end:
    do
    PAUSE(l)
    od
}

proctype device(byte f) {
end:
    do
    EVENT(f)
    od
}
#endif

/* The running machine: every driver's probe has run. */
init {
    atomic {
        d_step {
            i_fn = 0;
            do
            :: i_fn == FUNCTIONS -> break
            :: else ->
                fn[i_fn].bus_master = 1;
                fn[i_fn].running = 1;
                fn[i_fn].msix = IN(MSIX, i_fn); fn[i_fn].kernel_msix = IN(MSIX, i_fn);
                fn[i_fn].msi = IN(MSI, i_fn); fn[i_fn].kernel_msi = IN(MSI, i_fn);
                fn[i_fn].intx_disable = IN(MSI | MSIX, i_fn);
                fn[i_fn].written = IN(MSI | MSIX, i_fn);
                i_fn++
            od;
            i_fn = 0;
            do
            :: i_fn == LINES -> break
            :: else ->
                line[i_fn].level_mode = HAS_ACTION(i_fn);
                line[i_fn].masked = !HAS_ACTION(i_fn);
                line[i_fn].disabled = !HAS_ACTION(i_fn);
                i_fn++
            od;
            SEEN
        };
#ifdef ONE_PROCESS
        run machine()
#else
        i_fn = 0;
        do
        :: i_fn == CPUS -> break
        :: else -> run interrupt(i_fn); i_fn++
        od;
        run task();
        run poller();
        i_fn = 0;
        do
        :: i_fn == LINES -> break
        :: else -> run pause(i_fn); i_fn++
        od;
        i_fn = 0;
        do
        :: i_fn == FUNCTIONS -> break
        :: else ->
            if
            :: IN(BUSY, i_fn) -> run device(i_fn)
            :: else
            fi;
            i_fn++
        od;
        CLEAR
#endif
    }
}

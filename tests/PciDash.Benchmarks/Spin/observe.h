/* Prints the state that a step has led to, in the words that the engine's states are printed in (ObservableState.cs). */

#include "machine.h"

static char seen[2048];
static char *at_end;

static void text(const char *s) { while (*s) *at_end++ = *s++; }
static void number(int n) { if (n >= 10) number(n / 10); *at_end++ = (char)('0' + n % 10); }
static void named(const char *kind, int n) { text(kind); number(n); }
static void flag(int on, char name) { *at_end++ = on ? name : '-'; }

static const char *const step_names[] = {
    "Phase running", "Delay", "Phase device_shutdown", "Delay f", "ShutdownEnter f", "Quiesce f", "MsiEnable=0 f", "IntxDisable=0 KernelMsi f",
    "MaskVectors=0 f", "NoteMsi=0 f", "MaskVectors=1 f", "MsixEnable=0 f", "IntxDisable=0 KernelMsix f", "NoteMsix=0 f", "ShutdownExit f", "Delay",
    "Phase machine_shutdown", "WriteOtherPin ", "MaskPin l", "ClearPin l", "LocalIrqDisable", "StopOtherCpus", "Phase firmware", "PlatformReset",
    "End", "over",
};

/*
 * A state is printed once, not for each step that leads to it: what was printed is known by 128 bits of a hash, in a table that grows.
 */
typedef struct { unsigned long long a, b; } Key;
static Key *known;
static size_t places, taken;

static unsigned long long mixed(unsigned long long w) {
    w ^= w >> 32; w *= 0xd6e8feb86659fd93ULL; w ^= w >> 32; w *= 0xd6e8feb86659fd93ULL; w ^= w >> 32;
    return w;
}

static size_t place_of(Key k) {
    size_t at = (size_t)k.a & (places - 1);
    while ((known[at].a | known[at].b) != 0 && (known[at].a != k.a || known[at].b != k.b)) at = (at + 1) & (places - 1);
    return at;
}

static int is_new(void) {
    Key k = { 0x9e3779b97f4a7c15ULL, 0xc2b2ae3d27d4eb4fULL };
    const char *s;
    size_t at;
    for (s = seen; s < at_end; s += 8) {
        unsigned long long w = 0;
        memcpy(&w, s, (size_t)(at_end - s < 8 ? at_end - s : 8));
        k.a = mixed(k.a ^ w);
        k.b = mixed((k.b << 1 | k.b >> 63) ^ w * 0xe7037ed1a0b428dbULL);
    }
    if (taken >= places / 2) {
        Key *old = known;
        size_t i, was = places;
        places = was ? 2 * was : 1 << 16;
        known = calloc(places, sizeof *known);
        for (i = 0; i < was; i++) if ((old[i].a | old[i].b) != 0) known[place_of(old[i])] = old[i];
        free(old);
    }
    at = place_of(k);
    if ((known[at].a | known[at].b) != 0) return 0;
    known[at] = k;
    taken++;
    return 1;
}

static void context_text(int c) {
    static const char *const stages[] = { "Idle", "Enter", "Exit", "Note", "Eoi" };
    int stage = now.ctx[c].stage;
    text(stages[stage]);
    if (stage == 0) return;
    if (now.ctx[c].descriptor < LINES) named(" l", now.ctx[c].descriptor); else named(" v", now.ctx[c].descriptor - LINES);
    if (stage <= 2) named(" f", now.ctx[c].action);
    named(" ", now.ctx[c].sum);
    named(" ", now.ctx[c].returned);
}

static void observe(void) {
    int step = now.step, i, b;
    at_end = seen;
    text("=");
    text(step_names[step]);
    if ((step >= 3 && step <= 14) || (step >= 17 && step <= 19)) number(now.at);
    text(step == 0 ? "|probe" : step <= 2 ? "|running" : step <= 16 ? "|device_shutdown" : step <= 22 ? "|machine_shutdown" : "|firmware");
    text("|");
    flag(now.irqs_off, 'i');
    if (CPUS > 1) flag(now.stopped, 's');
    flag(now.armed, 'a');
    for (i = 0; i <= CPUS; i++) {
        text("|");
        context_text(i);
    }
    for (i = 0; i < CPUS; i++) {
        text("|irr");
        for (b = 0; b < LINES + FUNCTIONS; b++) {
            if ((now.irr[i] >> b) & 1) { if (b < LINES) named(" l", b); else named(" v", b - LINES); }
        }
    }
    for (i = 0; i < LINES; i++) {
        named("|l", i);
        text(" ");
        flag(now.line[i].masked, 'm'); flag(now.line[i].remote_irr, 'r'); flag(now.line[i].level_mode, 'v'); flag(now.line[i].latch, 't');
        flag(now.line[i].level, 'u'); flag(now.line[i].paused, 'p'); flag(now.line[i].spurious, 's'); flag(now.line[i].disabled, 'd');
        flag(now.line[i].in_progress, 'i'); flag(now.line[i].polled, 'o');
        number(now.line[i].counter);
    }
    for (i = 0; i < FUNCTIONS; i++) {
        named("|f", i);
        text(" ");
        flag(now.fn[i].bus_master, 'b'); flag(now.fn[i].intx_disable, 'x'); flag(now.fn[i].msi, 'm'); flag(now.fn[i].msix, 't');
        flag(now.fn[i].notified, 'n'); flag((now.pins >> i) & 1, 'p'); flag(now.fn[i].running, 'r'); flag(now.fn[i].kernel_msi, 'k');
        flag(now.fn[i].kernel_msix, 'K'); flag((INTX >> i) & 1, 'l'); flag(((MSI | MSIX) >> i) & 1, 'v'); flag(now.fn[i].entered, 'e');
        flag(now.fn[i].returned, 'd'); flag(now.fn[i].cause, 'c'); flag(now.fn[i].outstanding, 'o');
        if (((MSI | MSIX) >> i) & 1) {
            text(" ");
            flag(now.fn[i].masked, 'm'); flag(now.fn[i].pending, 'p'); flag(now.fn[i].written, 'w');
        }
    }
    if (is_new()) {
        text("\n");
        fwrite(seen, 1, (size_t)(at_end - seen), stdout);
    }
}

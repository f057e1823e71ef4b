/* lwIP behind the protocol of docs/adapter.md: its raw API in one thread, with a clock of its own.
 * Compiled at first use by stacks/lwip.py. */

#include <stdio.h>
#include <string.h>

#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"

enum { LONGEST = 2048, SLICE = 250 };

static const char *const STATES[] = {"CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
                                     "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
                                     "CLOSING",     "LAST-ACK",   "TIME-WAIT"};
static struct netif wire;
static u32_t now;
static u16_t here, there;
static ip_addr_t other;
static int accepted, left;

u32_t sys_now(void) { return now; } /* in place of the library's */

static err_t emit(struct netif *to, struct pbuf *packet, const ip4_addr_t *hop) {
    static u8_t data[LONGEST];
    int octets = pbuf_copy_partial(packet, data, LONGEST, 0);
    (void)to;
    (void)hop;
    printf("sent ");
    for (int at = 0; at < octets; at++) printf("%02x", data[at]);
    printf("\n");
    return ERR_OK;
}

static err_t begin(struct netif *one) {
    one->output = emit;
    one->mtu = 1500;
    one->flags |= NETIF_FLAG_UP | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

/* The connection between the two endpoints: looked for each time, since lwIP frees it. */
static struct tcp_pcb *connection(void) {
    struct tcp_pcb *lists[] = {tcp_active_pcbs, tcp_tw_pcbs};
    for (int i = 0; i < 2; i++)
        for (struct tcp_pcb *pcb = lists[i]; pcb; pcb = pcb->next)
            if (pcb->local_port == here && pcb->remote_port == there) return pcb;
    return NULL;
}

static struct tcp_pcb *listener(void) {
    for (struct tcp_pcb *pcb = (struct tcp_pcb *)tcp_listen_pcbs.listen_pcbs; pcb; pcb = pcb->next)
        if (pcb->local_port == here) return pcb;
    return NULL;
}

static err_t on_text(void *arg, struct tcp_pcb *pcb, struct pbuf *text, err_t error) {
    (void)arg;
    (void)error;
    if (text) {
        tcp_recved(pcb, text->tot_len);
        pbuf_free(text);
    }
    return ERR_OK;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error) {
    (void)arg;
    if (error != ERR_OK || !pcb) return ERR_VAL;
    tcp_recv(pcb, on_text);
    tcp_nagle_disable(pcb);
    accepted = 1;
    return ERR_OK;
}

static err_t on_connect(void *arg, struct tcp_pcb *pcb, err_t error) {
    (void)arg;
    (void)pcb;
    return error;
}

static struct tcp_pcb *bound(void) {
    struct tcp_pcb *pcb = tcp_new();
    ip_set_option(pcb, SOF_REUSEADDR);
    if (tcp_bind(pcb, IP_ADDR_ANY, here) != ERR_OK) {
        tcp_abort(pcb);
        return NULL;
    }
    return pcb;
}

static err_t open_passive(void) {
    if (connection() || listener()) return ERR_USE;
    struct tcp_pcb *pcb = bound();
    if (!pcb) return ERR_USE;
    pcb = tcp_listen(pcb);
    tcp_accept(pcb, on_accept);
    return ERR_OK;
}

static err_t open_active(void) {
    if (connection()) return ERR_USE;
    if (listener()) tcp_close(listener());
    struct tcp_pcb *pcb = bound();
    if (!pcb) return ERR_USE;
    tcp_recv(pcb, on_text);
    tcp_nagle_disable(pcb);
    return tcp_connect(pcb, &other, there, on_connect);
}

static err_t give(int octets) {
    static char text[LONGEST];
    struct tcp_pcb *pcb = connection();
    if (!pcb || octets > LONGEST) return ERR_CONN;
    err_t error = tcp_write(pcb, text, (u16_t)octets, TCP_WRITE_FLAG_COPY);
    return error == ERR_OK ? tcp_output(pcb) : error;
}

static err_t end(void) {
    struct tcp_pcb *pcb = connection();
    if (!pcb) return listener() ? tcp_close(listener()) : ERR_CONN;
    if (pcb->state == SYN_SENT) return tcp_close(pcb);
    err_t error = tcp_shutdown(pcb, 0, 1);
    return error == ERR_OK && connection() ? tcp_output(pcb) : error;
}

static err_t give_up(void) {
    struct tcp_pcb *pcb = connection();
    if (!pcb) return listener() ? tcp_close(listener()) : ERR_CONN;
    tcp_abort(pcb);
    return ERR_OK;
}

static void forget(const char *local, const char *remote) {
    unsigned a[5], b[5];
    ip4_addr_t address, mask, none;
    while (connection()) tcp_abandon(connection(), 0);
    if (listener()) tcp_close(listener());
    sscanf(local, "%u.%u.%u.%u:%u", a, a + 1, a + 2, a + 3, a + 4);
    sscanf(remote, "%u.%u.%u.%u:%u", b, b + 1, b + 2, b + 3, b + 4);
    IP4_ADDR(&address, a[0], a[1], a[2], a[3]);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&none, 0, 0, 0, 0);
    netif_set_addr(&wire, &address, &mask, &none);
    IP_ADDR4(&other, b[0], b[1], b[2], b[3]);
    here = (u16_t)a[4];
    there = (u16_t)b[4];
    accepted = 0;
}

/* A segment arrives. Delayed ACKs are sent at once, and a listener serves one connection. */
static void deliver(const char *hex) {
    static u8_t data[LONGEST];
    int octets = 0;
    unsigned value;
    for (; octets < LONGEST && sscanf(hex, "%2x", &value) == 1; hex += 2) data[octets++] = (u8_t)value;
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (u16_t)octets, PBUF_RAM);
    if (!packet) return;
    pbuf_take(packet, data, (u16_t)octets);
    if (wire.input(packet, &wire) != ERR_OK) pbuf_free(packet);
    struct tcp_pcb *pcb = connection();
    if (pcb && pcb->state != TIME_WAIT && pcb->flags & TF_ACK_DELAY) {
        tcp_ack_now(pcb);
        tcp_output(pcb);
    }
    if (accepted && listener()) tcp_close(listener());
}

static void advance(int milliseconds) {
    for (left += milliseconds; left >= SLICE; left -= SLICE) {
        now += SLICE;
        tcp_tmr();
    }
}

static const char *state(void) {
    struct tcp_pcb *pcb = connection();
    return pcb ? STATES[pcb->state] : listener() ? "LISTEN" : "CLOSED";
}

int main(void) {
    static char line[4 * LONGEST], word[3][3 * LONGEST];
    ip4_addr_t none;
    IP4_ADDR(&none, 0, 0, 0, 0);
    lwip_init();
    netif_add(&wire, &none, &none, &none, NULL, begin, ip_input);
    netif_set_default(&wire);
    netif_set_up(&wire);
    netif_set_link_up(&wire);
    while (fgets(line, sizeof line, stdin)) {
        err_t error = ERR_OK;
        const char *said = "";
        int number = 0;
        word[0][0] = word[1][0] = word[2][0] = 0;
        sscanf(line, "%6143s %6143s %6143s", word[0], word[1], word[2]);
        sscanf(word[1], "%d", &number);
        if (!strcmp(word[0], "hello")) said = " lwip-" LWIP_VERSION_STRING " state time";
        else if (!strcmp(word[0], "reset")) forget(word[1], word[2]);
        else if (!strcmp(word[0], "open")) error = word[1][0] == 'a' ? open_active() : open_passive();
        else if (!strcmp(word[0], "send")) error = give(number);
        else if (!strcmp(word[0], "close")) error = end();
        else if (!strcmp(word[0], "abort")) error = give_up();
        else if (!strcmp(word[0], "deliver")) deliver(word[1]);
        else if (!strcmp(word[0], "advance")) advance(number);
        else if (!strcmp(word[0], "state")) { snprintf(line, sizeof line, " %s", state()); said = line; }
        else error = ERR_ARG;
        if (error == ERR_OK) printf("ok%s\n", said);
        else printf("error %s\n", lwip_strerr(error));
        fflush(stdout);
    }
    return 0;
}

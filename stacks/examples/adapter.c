/* A stack in C behind the protocol of docs/adapter.md: replace what is below "the stack".
 *
 *   cc -O2 -o adapter adapter.c && tcpmc drive --on "command:./adapter"
 *
 * As it is, it is a host without any connection: it answers each segment by a reset, as CLOSED does
 * (RFC 9293, 3.10.7.1), and refuses each call. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 2048 };
static uint8_t out[16][LONGEST];
static int length[16], count;

static uint32_t get(const uint8_t *at, int octets) {
    uint32_t value = 0;
    while (octets--) value = value << 8 | *at++;
    return value;
}

static void put(uint8_t *at, uint32_t value, int octets) {
    while (octets--) { at[octets] = (uint8_t)value; value >>= 8; }
}

static uint16_t checksum(uint32_t sum, const uint8_t *at, int octets) { /* RFC 1071 */
    for (; octets > 1; octets -= 2, at += 2) sum += get(at, 2);
    if (octets) sum += (uint32_t)*at << 8;
    while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

/* What the stack calls to send an IPv4 packet. */
static void emit(const uint8_t *packet, int octets) {
    if (count == 16 || octets > LONGEST) return;
    memcpy(out[count], packet, (size_t)octets);
    length[count++] = octets;
}

/* ---- the stack: yours goes here ------------------------------------------------------------- */

static const char *stack_state(void) { return "CLOSED"; }
static void stack_reset(const char *local, const char *remote) { (void)local; (void)remote; }
static int stack_call(const char *call, const char *word) { (void)call; (void)word; return -1; }
static void stack_advance(int milliseconds) { (void)milliseconds; }

static void stack_input(const uint8_t *packet, int octets) {
    int at = (packet[0] & 15) * 4, header = (packet[at + 12] >> 4) * 4;
    uint8_t bits = packet[at + 13], reply[40] = {0x45};
    uint32_t seq = get(packet + at + 4, 4), ack = get(packet + at + 8, 4);
    uint32_t text = (uint32_t)(octets - at - header) + (bits & 1) + (bits >> 1 & 1);
    if (bits & 4) return;
    put(reply + 2, 40, 2);
    put(reply + 8, 64, 1);
    put(reply + 9, 6, 1);
    memcpy(reply + 12, packet + 16, 4); /* from where it was sent to, back */
    memcpy(reply + 16, packet + 12, 4);
    put(reply + 10, checksum(0, reply, 20), 2);
    put(reply + 20, get(packet + at + 2, 2) << 16 | get(packet + at, 2), 4);
    put(reply + 24, bits & 16 ? ack : 0, 4);
    put(reply + 28, bits & 16 ? 0 : seq + text, 4);
    put(reply + 32, bits & 16 ? 0x5004 : 0x5014, 2);
    uint32_t pseudo = 6 + 20 + get(reply + 12, 2) + get(reply + 14, 2) + get(reply + 16, 2) + get(reply + 18, 2);
    put(reply + 36, checksum(pseudo, reply + 20, 20), 2);
    emit(reply, 40);
}

/* ---- the protocol --------------------------------------------------------------------------- */

static int decode(const char *hex, uint8_t *packet) {
    int octets = 0;
    unsigned value;
    for (; octets < LONGEST && sscanf(hex, "%2x", &value) == 1; hex += 2) packet[octets++] = (uint8_t)value;
    return octets;
}

int main(void) {
    static char line[4 * LONGEST], word[3][3 * LONGEST];
    static uint8_t packet[LONGEST];
    while (fgets(line, sizeof line, stdin)) {
        const char *answer = "ok";
        word[0][0] = word[1][0] = word[2][0] = 0;
        sscanf(line, "%6143s %6143s %6143s", word[0], word[1], word[2]);
        int advance = 0;
        if (!strcmp(word[0], "hello")) answer = "ok nobody state time";
        else if (!strcmp(word[0], "reset")) stack_reset(word[1], word[2]);
        else if (!strcmp(word[0], "deliver")) stack_input(packet, decode(word[1], packet));
        else if (!strcmp(word[0], "advance")) { sscanf(word[1], "%d", &advance); stack_advance(advance); }
        else if (!strcmp(word[0], "state")) { snprintf(line, sizeof line, "ok %s", stack_state()); answer = line; }
        else if (stack_call(word[0], word[1])) answer = "error connection does not exist";
        for (int i = 0; i < count; i++) {
            printf("sent ");
            for (int at = 0; at < length[i]; at++) printf("%02x", out[i][at]);
            printf("\n");
        }
        count = 0;
        printf("%s\n", answer);
        fflush(stdout);
    }
    return 0;
}

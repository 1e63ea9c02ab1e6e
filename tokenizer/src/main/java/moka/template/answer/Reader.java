package moka.template.answer;

/** Takes an answer apart as it arrives. What it finds does not depend on how the text is cut. */
interface Reader {
    /** @param more text behind all text before @param end whether it is the last */
    void read(String more, boolean end);
}

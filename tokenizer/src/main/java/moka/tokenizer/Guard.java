package moka.tokenizer;

/** Which tokens plain text may turn into. */
@FunctionalInterface
interface Guard {
    boolean allows(int id);
}

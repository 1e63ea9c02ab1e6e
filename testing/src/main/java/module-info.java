/** What the tests of all modules share. */
module moka.testing {
    requires static transitive org.jspecify;
    requires transitive com.google.gson;
    requires java.instrument;
    requires org.junit.jupiter.api;

    exports moka.testing;
    exports moka.testing.guard;
}

package moka.cli.render;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class CodeBlockTest {
    @Test
    void isTheFirstFencedOne() {
        assertEquals(Optional.of("a\n  b\n"), CodeBlock.first("Here:\n```java\na\n  b\n```\nand\n```\nc\n```\n"));
        assertEquals(Optional.of("```\na\n"), CodeBlock.first("~~~\n```\na\n~~~"), "other fences stand for themselves");
        assertEquals(Optional.of("```\na\n```\n"), CodeBlock.first("````md\n```\na\n```\n````"));
        assertEquals(Optional.of("a\n"), CodeBlock.first("```\na"), "the answer was cut");
        assertEquals(Optional.of(""), CodeBlock.first("```\n```"));
        assertEquals(Optional.empty(), CodeBlock.first("no `code` in a block"));
    }
}

package moka.engine.kernel.machine.aarch64;

/**
 * The vector instructions that kernels use, by their word with all registers 0. Names are the manual's, with the arrangement where there
 * are several.
 */
public enum Instruction {
    // Four products of signed bytes added to each of four lanes; 2 x 8 times 8 x 2 bytes added to 2 x 2 lanes.
    SDOT(Form.THREE, 0x4E809400), SMMLA(Form.THREE, 0x4E80A400),
    FMLA(Form.THREE, 0x4E20CC00), FMLS(Form.THREE, 0x4EA0CC00), FADD(Form.THREE, 0x4E20D400), FSUB(Form.THREE, 0x4EA0D400),
    FMUL(Form.THREE, 0x6E20DC00), FDIV(Form.THREE, 0x6E20FC00), FMAX(Form.THREE, 0x4E20F400), FMIN(Form.THREE, 0x4EA0F400),
    FADDP(Form.THREE, 0x6E20D400),
    ADD_4S(Form.THREE, 0x4EA08400), SUB_4S(Form.THREE, 0x6EA08400), SUB_16B(Form.THREE, 0x6E208400), ADDP_4S(Form.THREE, 0x4EA0BC00),
    UMAX_4S(Form.THREE, 0x6EA06400), SMAX_4S(Form.THREE, 0x4EA06400),
    AND(Form.THREE, 0x4E201C00), BIC(Form.THREE, 0x4E601C00), ORR(Form.THREE, 0x4EA01C00), EOR(Form.THREE, 0x6E201C00),
    // target = target selects second, else third.
    BSL(Form.THREE, 0x6E601C00),
    ZIP1_4S(Form.THREE, 0x4E803800), ZIP2_4S(Form.THREE, 0x4E807800), ZIP1_2D(Form.THREE, 0x4EC03800), ZIP2_2D(Form.THREE, 0x4EC07800),
    UZP1_8H(Form.THREE, 0x4E401800), UZP2_8H(Form.THREE, 0x4E405800), UZP1_4S(Form.THREE, 0x4E801800), UZP2_4S(Form.THREE, 0x4E805800),
    TRN1_4S(Form.THREE, 0x4E802800), TRN2_4S(Form.THREE, 0x4E806800),
    // target[i] = first[second[i]], 0 outside.
    TBL(Form.THREE, 0x4E000000),
    // Shifts each byte left by a signed byte.
    USHL_16B(Form.THREE, 0x6E204400),
    CMEQ_4S(Form.THREE, 0x6EA08C00), CMGT_4S(Form.THREE, 0x4EA03400), CMGE_4S(Form.THREE, 0x4EA03C00),

    SCVTF(Form.TWO, 0x4E21D800), FCVTNS(Form.TWO, 0x4E21A800), FRINTN(Form.TWO, 0x4E218800), FSQRT(Form.TWO, 0x6EA1F800),
    FNEG(Form.TWO, 0x6EA0F800), FABS(Form.TWO, 0x4EA0F800),
    // Float16 of the low or the high half to float32, and back.
    FCVTL(Form.TWO, 0x0E217800), FCVTL2(Form.TWO, 0x4E217800), FCVTN(Form.TWO, 0x0E216800), FCVTN2(Form.TWO, 0x4E216800),
    SQXTN_4H(Form.TWO, 0x0E614800), SQXTN2_8H(Form.TWO, 0x4E614800), SQXTN_8B(Form.TWO, 0x0E214800), SQXTN2_16B(Form.TWO, 0x4E214800),
    // Lane 0 = the sum or the largest of the lanes.
    ADDV(Form.TWO, 0x4EB1B800), UMAXV(Form.TWO, 0x6EB0A800), FMAXV(Form.TWO, 0x6E30F800),
    REV64_4S(Form.TWO, 0x4EA00800),
    // Lanes of 16 bits to the upper halves of lanes of 32: bfloat16 to float32.
    SHLL_4S(Form.TWO, 0x2E613800), SHLL2_4S(Form.TWO, 0x6E613800),

    SHL_4S(Form.LEFT, 0x4F205400, 32), USHR_4S(Form.RIGHT, 0x6F200400, 32), SSHR_4S(Form.RIGHT, 0x4F200400, 32),
    SHL_16B(Form.LEFT, 0x4F085400, 8), USHR_16B(Form.RIGHT, 0x6F080400, 8),
    // With 0: widening.
    USHLL_8H(Form.LEFT, 0x2F08A400, 8), USHLL2_8H(Form.LEFT, 0x6F08A400, 8), USHLL_4S(Form.LEFT, 0x2F10A400, 16),
    USHLL2_4S(Form.LEFT, 0x6F10A400, 16), SSHLL_8H(Form.LEFT, 0x0F08A400, 8), SSHLL2_8H(Form.LEFT, 0x4F08A400, 8),
    SSHLL_4S(Form.LEFT, 0x0F10A400, 16), SSHLL2_4S(Form.LEFT, 0x4F10A400, 16),

    // The third operand is one lane of 32 bits.
    SDOT_LANE(Form.LANE, 0x4F80E000), FMLA_LANE(Form.LANE, 0x4F801000), FMLS_LANE(Form.LANE, 0x4F805000), FMUL_LANE(Form.LANE, 0x4F809000);

    enum Form {
        THREE,
        TWO,
        LEFT,
        RIGHT,
        LANE
    }

    private final Form form;
    private final int word;
    private final int bits;

    Instruction(Form form, int word) {
        this(form, word, 0);
    }

    Instruction(Form form, int word, int bits) {
        this.form = form;
        this.word = word;
        this.bits = bits;
    }

    Form form() {
        return form;
    }

    int word() {
        return word;
    }

    /** Of a lane that is shifted. */
    int bits() {
        return bits;
    }
}

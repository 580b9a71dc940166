// The classes of all characters as Hugging Face's tokenizers sees them; made by
// Fixtures/tokenizers/classes.py, see Specs/Tokenizers.md, "Characters". Not for editing by hand.

enum CharacterTable {
  /// A letter for a class and, if greater than 1, the length of the run in base 36: u l t m o for
  /// Lu Ll Lt Lm Lo, n for numbers, k for marks, p and s for punctuation and symbols, w for white
  /// space, - for the rest.
  static let runs = """
    -9w5-Iwp3sp6sp4nAp2s3p2uQp3spslQpsps-6w-Qwps5ps2ops-s4n2slp2snopn3puNsu7lOsl8ululululululululu\
    lululululululululululululululululululul2ulululululululul2ululululululululululululululululululu\
    lululululu2lulul3u2lulu2lu3l2u4lu2lu3l3u2lu2lululu2lul2ulu2lu3lulu2l2oul3o4utlutlutlululululul\
    ululul2ululululululululul2utlulu3lululululululululululululululululululululululululululululul7u\
    2lu2l2ulu4lulululul1XolRmIs4mCsEm5s7msmsHk34ululmsul-2ml3pu-4s2upu3-u-u2luH-u9lZul2u3l3ulululu\
    lulululululululul5ulsulu2l2u1Fl1Culululululululululululululululululsk7ulululululululululululul\
    ulululululululululululululululu2lulululululul2ulululululululululululululululululululululululul\
    ulululululululululululululululululululululululul-u12-2mp6l15p2-2s3-k19pkpk2pk2pk-8oR-4o4p2-Hs3\
    p2sp2s2kBp-p3oWmoAkLnAp4o2ko2Rpok7-sk6m2k2sk4o2nAo3s2opE-2okoUkR-2o2HkBo-EnAoXk9m2sp3m-2ks2oMk\
    4mk9mk3mk5-2pF-oPk3-2p-oB-5oOso6-8k9o15mkO-kXo1Ik3okIok7oAk2p2nApmoFk3-o8-2o2-2oM-o7-o-3o4-2ko\
    k7-2k2-2k3o-8k-4o2-o3k2-2nAo2s2n6s2opk-2k3-o6-4o2-2oM-o7-o2-o2-o2-2k-k5-4k2-2k3-3k-7o4-o-7nAk2\
    o3kp-Ak3-o9-o3-oM-o7-o2-o5-2kok8-k3-k3-2o-Fo2k2-2nAps-7ok6-k3-o8-2o2-2oM-o7-o2-o5-2kok7-2k2-2k\
    3-7k3-4o2-o3k2-2nAson6-Ako-o6-3o3-o4-3o2-o-o2-3o2-3o3-3oC-4k5-3k3-k4-2o-6k-EnDs8-5k5o8-o3-oN-o\
    G-2kok7-k3-k4-7k2-o3-2o-2o2k2-2nA-7pn7sok3po8-o3-oN-oA-o5-2kok7-k3-k4-7k2-6o2-o2k2-2nA-o2k-Ck4\
    o9-o3-o15k2ok7-k3-k4os-4o3kn7o3k2-2nJso6-k3-oI-3oO-o9-o-2o7-3k-4k6-k-k8-6nA-2k2p-Co1Cko2k7-4so\
    6mk8pnAp2-11o2-o-o5-oO-o-oAko2k9o-2o5-m-k7-nA-2o4-Wos3pFsps3k2s6nKskskskp4k2o8-o10-4kKpk2o5kB-\
    k10-s8ks6-s2p5s4p2-11o17kKonAp6o6k4o4k3ok3o2k7o3k4oDkCoknAk4s2u12-u-5u-2l17pml3o95-o4-2o7-o-o4\
    -2o15-o4-2oX-o4-2o7-o-o4-2oF-o1L-o4-2o1V-2k3p9nK-3oGsA-6u2E-2l6-2poH8spoHwoQp2-3o23p3n3o8-7oIk\
    4-9oJk3p2-9oIk2-CoD-o3-k2-Co1GkWp3mp3sok-2nA-6nA-6pBk3-knA-6oZmo1H-7o5k2oYko-5o1Y-AoV-kC-4kC-4\
    s-3p2nAoU-2o5-Bo18-4oQ-6nB-3sYoNk5-2p2o1HkA-kT-2knA-6nA-6p7mp6-2kV-1Dk5o1BkHo8-p2nAp7sAk9s9p3k\
    3oUkDo2nAo18kE-8p4o10kK-3p5nA-3o3nAoUm6p2l9ul-5u17-2u3p8-8k3pkLo4ko6ko2k3o-5l18m1RlDmlYm11k1Su\
    lululululululululululululululululululululululululululululululululululululululululululululululu\
    lululululululululululululululululululululululululululul9ululululululululululululululululululul\
    ulululululululululululululululululululululululululululululul9u8l6-2u6-2l8u8l8u8l6-2u6-2l8-u-u-\
    u-ul8u8lE-2l8t8l8t8l8t8l5-l2u4tsls3l3-l2u4ts3l4-2l2u4-s3l8u5s3-2l3-l2u4ts2-wB-5pOw2-5wpKspDspC\
    w-Gnm-2n6s3p2mnAs3p2-mD-3sX-FkX-Fs2us4us2lu3l2u3lsus3u5s6usususu4slu4lo4ls2l2u2s5ul4s4lsn1Fuln\
    5s2-4sAGp4sTp2s73-MsB-Ln1Os26nMsH4pEnUs1Dp2sVpAsB7pMs1Rp4sWp2sAE-2sW-s2Xu1Cl1Culu3l2ulululu4lu\
    l2ul6m2u3lulululululululululululululululululululululululululululululululululululululululululul\
    ululululululul2s6ululk3ul-5p4np2l12-l-5l-2o1K-7mp-EkoN-9o7-o7-o7-o7-o7-o7-o7-o7-kWp1BmpWs2pC-Y\
    sQ-s2H-Cs5Y-QsGwp3smonpAs2pCsn9k6pm5s2n3mops2-o2E-2k2s2m2opo2Ipm3o-5o17-o2M-s2n4sAoWs12-9soGsV\
    -nAsUn8snFsWnAs13nFs8Wo534s1SoG7PmoVR-3s1J-9o14m6p2o7Gmp3oGnAo2-Kululululululululululululululu\
    lululululululululok4pkApmululululululululululululululm2k2o1YnAk2p6-8sNm9s2ululululululul3ululu\
    lululululululululululululululululululululululululululululml8ululu2lululululms2ululoulul3ululul\
    ulululululululu5lu5lulululululululu4lulu2l-2ul-l-lulululu-Lm3ulom2lo7ko3ko4koNk5s4k-3n6s4-6o1G\
    p4-8k2o1EkI-8p2nA-6kIo6p3opo2knAoSk8p2oNkD-BpoT-3k4o1BkEpD-mnA-4p2o5kmo9nAo5-o15kE-9o3ko8k2-2n\
    A-2p4oGmo6s3ok3o1Ekok3o2k2o5k2oko-Oo2mp2oBk5p2om2k2-Ao6-2o6-2o6-9o7-o7-l17sm4l9ms2-4l28oZk8pk2\
    -2nA-6o8MC-CoN-4o1D-6ISoA6-2o2Y-12l7-Cl5-5okoAsoD-o5-o-o2-o2-o30sH-GoA3p2sGo1S-2o1I-7s-WoCs4kG\
    pA-6kGpZ-pEsps3-psp2-4o5-o3R-4p3sp6sp4nAp2s3p2uQp3spslQpspsp7oAmo19m2oV-3o6-2o6-2o6-2o3-3s7-s7\
    -Ds2-2oC-oQ-oJ-o2-oF-2oE-Yo3F-5p3-4n19-3s9n1LsHn2s3-sD-3s-1Bs19k-3MoT-3o1D-FknR-4oWn4-9oKno8n-\
    5o12k5-5oU-po10-4o8pn5-16u14l14o26-2nA-6u10-4l10-4o14-8o1G-BpuB-uF-u7-u2-lB-lF-l7-l2-3o1G-Co8N\
    -9oM-Ao8-Om6-m16-m9-1Xo6-2o-o18-o2-3o-2oN-pn8oNs2n7oV-8n9-1CoJ-o2-5n5oMn6-3poQ-5p-1So1K-4n2o2n\
    G-2n1Aok3-k2-5k4o4-o3-oT-2k3-4kn9-7p9-7oTn2poTn3-Wo8soSk2-4n5p7-9o1I-3p7oM-2n8oJ-5n8oI-7p4-Cn7\
    -28o21-1Ju1F-Dl1F-7n6o10k4-8nA-6nAo4mouM-3k5pmlM-8s2-5SnV-o16-k2p-2o2-Go3-1Jk4oTnAo-8oMkBn4p5-\
    MoIk4p4-12oLn7-KoN-9k3o1HkFp7-4nUko2k2o-9k4o19kBp2-p4k-DoP-7nA-6k3o10kE-nAp4ok2o-8oZkp2o-9k3o1\
    CkEo4p4k4pk2nAopop3-nK-BoI-oPkCp6ko2k-1Qo7-o-o4-oF-oAp-6o1BkC-5nA-6k4-o8-2o2-2oM-o7-o2-o5-k2ok\
    7-2k2-2k3-2o-6k-5o5k2-2k7-3k5-BoA-o-2o-o12-ok9-k-2k-k4-k5okop2-p2-8k2-To1HkIo4p5nAp2-pko3-Uo1C\
    kKo2po-8nA-4Mo1Bk7-2k9pNo4k2-Yo1CkHp3o-BnA-6pD-Jo17kDop-6nA-6nK-SoR-2kF-4nCp3so7-55o18kFp-2SuW\
    lWnJ-Co8-2o-2o8-o2-oOk6-k2-2k4okok2p3-9nA-1Yo8-2o13k7-2k7opok-RokAo14k7ok4p8k-8okBo1AkGp3op5-D\
    o21-7pA-52oXp-EnA-6o9-o11k8-k8op5-AnT-3p2oU-2kM-kE-21o7-o2-o12k6-3k-k2-k7ok-8nA-6o6-o2-oWk5-k2\
    -k5o-7nA-8MoJk4p2-7k2okoD-oYk7-3k5pDnAk-2Do-FnLsT-DpoPM-2Un33-p5-Bo5G-218o2Pp2-DoTS-Gko6kF-Ao3\
    2Z-5oG7-5A1oUkInA-1C6oFT-7oV-nA-4p2o27-nA-6oU-2k5p-Ao1Ck7p5s4m4ps-AnA-n7-oL-5oJ-C0m3o14m2p3nA-\
    5IuWlWnNp4-2To23-4kok1J-7k4mD-1Sm2pmk-Bk2-Eo4QG-8oYE-15oA-6W7m4-m7-m2-o83-Fo-To3-2o-Eo4-8oB0-1\
    S4o2Z-5oD-3o9-7oA-2sk2p-31Cs6OnA-6sC4-24k1A-2kN-9s38-1Os6U-As13-2s1Ok5s3k6-8k8s2k7sUk4s1P-Ls1U\
    k3s-3EnK-CnK-Cs2F-9nP-3RuQlQuQl7-lIuQlQu-u2-2u-2u2-2u4-u8l4-l-l7-lBuQlQu2-u4-2u8-u7-lQu2-u4-u5\
    -u-3u7-lQuQlQuQlQuQlQuQlQuQlQuQlS-2uPslPsl6uPslPsl6uPslPsl6uPslPsl6uPslPsl6ul-2n1EsE8k1Js4k1Es\
    8ksEks2p5-Fk5-kF-UOlAolK-6l6-5Xk7-kH-2k7-k2-k5-5m1Q-Xk-34o19-3k7m7-2nA-4os-8WoUk-Ho18k4nA-5s-C\
    WoRmk4nA-5YoUk2onA-4p-DCo7-o4-o2-oF-o5H-2n9k7-15uYlYk7m-4nA-4p2-LTn1Nsn3sn4-24n19snF-5Eo4-oR-o\
    2-o-2o-oA-o4-o-o-6o-4o-o-o-o3-o2-o-2o-o-o-o-o-o2-o-2o4-o7-o4-o4-o-oA-oH-5o3-o5-oH-1Gs2-7Is18-4\
    s2S-CsF-2sF-sF-s11-AnDs4H-1KsT-Ds18-4s9-7s2-Es6-4AsRC-4sH-3sD-3s3B-4s2N-6sC-4s-FsC-4s1K-8sA-6s\
    14-8sU-2sC-4s2-1Qs9G-CsE-2sD-3sA-5s1K-7sF-2sB-6s9-7s43-s2KnA-SMoWYO-Wo37E-6o66-2o4G2-Eo5RL-FoH\
    A-1WIoF2-15Uo3T7-5o38G-F9E8k6O-47BK
    """

  /// Scalars that normalizers leave alone, because their Unicode is older than utf8proc's.
  static let unknownToNormalizers: [ClosedRange<UInt32>] = [
    0x7FD...0x7FD, 0x898...0x89F, 0x8CA...0x8D3, 0x9FE...0x9FE, 0xC3C...0xC3C, 0xD3B...0xD3C,
    0xEBA...0xEBA, 0x1715...0x1715, 0x1ABF...0x1ACE, 0x1DF6...0x1DFA, 0x32FF...0x32FF,
    0xA7F2...0xA7F4, 0xA82C...0xA82C, 0xAB69...0xAB69, 0x10781...0x10785, 0x10787...0x107B0,
    0x107B2...0x107BA, 0x10D24...0x10D27, 0x10EAB...0x10EAC, 0x10EFD...0x10EFF,
    0x10F46...0x10F50, 0x10F82...0x10F85, 0x11070...0x11070, 0x1133B...0x1133B,
    0x1145E...0x1145E, 0x11839...0x1183A, 0x11930...0x11930, 0x11938...0x11938,
    0x1193D...0x1193E, 0x11943...0x11943, 0x119E0...0x119E0, 0x11A34...0x11A34,
    0x11A47...0x11A47, 0x11A99...0x11A99, 0x11D42...0x11D42, 0x11D44...0x11D45,
    0x11D97...0x11D97, 0x11F41...0x11F42, 0x16FF0...0x16FF1, 0x1E030...0x1E06D,
    0x1E08F...0x1E08F, 0x1E130...0x1E136, 0x1E2AE...0x1E2AE, 0x1E2EC...0x1E2EF,
    0x1E4EC...0x1E4EF, 0x1F16C...0x1F16C, 0x1FBF0...0x1FBF9,
  ]

  /// Lower-case mappings that utf8proc's simple ones do not give.
  static let lowercase: [(UInt32, String)] = [
    (0x130, "\u{69}\u{307}"), (0x1C89, "\u{1C8A}"), (0xA7CB, "\u{264}"), (0xA7CC, "\u{A7CD}"),
    (0xA7CE, "\u{A7CF}"), (0xA7D2, "\u{A7D3}"), (0xA7D4, "\u{A7D5}"), (0xA7DA, "\u{A7DB}"),
    (0xA7DC, "\u{19B}"), (0x10D50, "\u{10D70}"), (0x10D51, "\u{10D71}"),
    (0x10D52, "\u{10D72}"), (0x10D53, "\u{10D73}"), (0x10D54, "\u{10D74}"),
    (0x10D55, "\u{10D75}"), (0x10D56, "\u{10D76}"), (0x10D57, "\u{10D77}"),
    (0x10D58, "\u{10D78}"), (0x10D59, "\u{10D79}"), (0x10D5A, "\u{10D7A}"),
    (0x10D5B, "\u{10D7B}"), (0x10D5C, "\u{10D7C}"), (0x10D5D, "\u{10D7D}"),
    (0x10D5E, "\u{10D7E}"), (0x10D5F, "\u{10D7F}"), (0x10D60, "\u{10D80}"),
    (0x10D61, "\u{10D81}"), (0x10D62, "\u{10D82}"), (0x10D63, "\u{10D83}"),
    (0x10D64, "\u{10D84}"), (0x10D65, "\u{10D85}"), (0x16EA0, "\u{16EBB}"),
    (0x16EA1, "\u{16EBC}"), (0x16EA2, "\u{16EBD}"), (0x16EA3, "\u{16EBE}"),
    (0x16EA4, "\u{16EBF}"), (0x16EA5, "\u{16EC0}"), (0x16EA6, "\u{16EC1}"),
    (0x16EA7, "\u{16EC2}"), (0x16EA8, "\u{16EC3}"), (0x16EA9, "\u{16EC4}"),
    (0x16EAA, "\u{16EC5}"), (0x16EAB, "\u{16EC6}"), (0x16EAC, "\u{16EC7}"),
    (0x16EAD, "\u{16EC8}"), (0x16EAE, "\u{16EC9}"), (0x16EAF, "\u{16ECA}"),
    (0x16EB0, "\u{16ECB}"), (0x16EB1, "\u{16ECC}"), (0x16EB2, "\u{16ECD}"),
    (0x16EB3, "\u{16ECE}"), (0x16EB4, "\u{16ECF}"), (0x16EB5, "\u{16ED0}"),
    (0x16EB6, "\u{16ED1}"), (0x16EB7, "\u{16ED2}"), (0x16EB8, "\u{16ED3}"),
  ]
}

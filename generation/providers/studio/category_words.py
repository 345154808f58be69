"""What products are called: words of some twelve languages, by kind.

Latin words are lower case without accents. A ``-`` before a word lets it end a compound
(``lederjacke``, ``winterbroek``); ``~`` marks a word that also means something else, so
that it counts only where nothing clearer is said. Scripts without spaces are looked for
anywhere in the text.
"""

from __future__ import annotations

from collections.abc import Mapping

Kind = tuple[str, str]  # category, subcategory

NAMES: Mapping[Kind, str] = {
    ("tops", "hoodie"): """
        hoodie, hoody, hooded sweatshirt, hooded sweater, hooded top, -kapuzenpullover,
        -kapuzenpulli, -kapuzensweatshirt, sweat a capuche, sudadera con capucha,
        felpa con cappuccio, moletom com capuz, bluza z kapturem, hettegenser, huvtroja,
        hattetroje, 卫衣, 衛衣, 帽衫, パーカー, 후드, худи
    """,
    ("tops", "sweatshirt"): """
        sweatshirt, -sweatshirt, crewneck sweatshirt, sudadera, felpa, moletom, bluza, ~sweat,
        スウェット, 맨투맨, свитшот, толстовка
    """,
    ("tops", "sweater"): """
        sweater, pullover, -pullover, -pulli, jumper, knitwear, turtleneck, roll neck,
        -strickpulli, ~pull, ~jersey, sueter, maglione, -trui, -genser, -troja, sweter, kazak,
        毛衣, 针织衫, セーター, ニット, 스웨터, 니트, свитер, джемпер
    """,
    ("tops", "cardigan"): """
        cardigan, -strickjacke, gilet en maille, rebeca, 开衫, カーディガン, 가디건, кардиган
    """,
    ("tops", "t-shirt"): """
        t shirt, tshirt, -tshirt, tee, tee shirt, camiseta, playera, remera, maglietta,
        koszulka, t-troja, tisort, t恤, 短袖, tシャツ, 티셔츠, футболка
    """,
    ("tops", "long-sleeve top"): """
        longsleeve, long sleeve, long sleeve tee, -langarmshirt, 长袖, 長袖
    """,
    ("tops", "polo shirt"): """
        polo, polo shirt, -poloshirt, -polohemd, polo衫, ポロシャツ, 폴로, поло
    """,
    ("tops", "shirt"): """
        shirt, -hemd, -shirt, dress shirt, button down, flannel shirt, chemise, camisa, camicia,
        -overhemd, -skjorta, -skjorte, koszula, gomlek, 衬衫, 衬衣, 襯衫, シャツ, 셔츠, рубашка
    """,
    ("tops", "blouse"): """
        blouse, -bluse, -blouse, chemisier, blusa, bluzka, ブラウス, 블라우스, блузка
    """,
    ("tops", "tank top"): """
        tank top, tanktop, -tanktop, singlet, camisole, cami, -traegertop, -tragertop,
        -unterhemd, debardeur, canotta, tirantes, muscle tee, 背心, 吊带, タンクトップ, 민소매,
        майка
    """,
    ("tops", "top"): """
        ~top, crop top, ~cap sleeve, bustier, bodysuit, tunic, -tunika, tunique, 上衣, トップス,
        топ
    """,
    ("outerwear", "jacket"): """
        jacket, -jacke, bomber, puffer, parka, anorak, windbreaker, -windjacke, ~fleece,
        blouson, ~veste, doudoune, chaqueta, cazadora, giacca, giubbotto, giubbino, jas,
        winterjas, regenjas, kurtka, -jakke, -jacka, jaqueta, ceket, 夹克, 外套, 羽绒服, 冲锋衣,
        ジャケット, 재킷, 자켓, 점퍼, куртка
    """,
    ("outerwear", "coat"): """
        coat, trench, trenchcoat, overcoat, raincoat, -mantel, -manteau, abrigo, cappotto,
        plaszcz, casaco, -kappa, -frakke, palto, 大衣, 风衣, コート, 코트, пальто, плащ
    """,
    ("outerwear", "blazer"): """
        blazer, -blazer, -sakko, suit jacket, americana, marynarka, 西装, ブレザー, 블레이저,
        пиджак
    """,
    ("outerwear", "vest"): """
        ~vest, waistcoat, gilet, -weste, body warmer, bodywarmer, chaleco, panciotto, kamizelka,
        马甲, ベスト, 조끼, жилет
    """,
    ("trousers", "jeans"): """
        jeans, -jeans, denim pants, denim trousers, vaqueros, dzinsy, 牛仔裤, ジーンズ,
        デニムパンツ, 청바지, джинсы
    """,
    ("trousers", "shorts"): """
        shorts, -shorts, kurze hose, bermuda, bermudas, boardshorts, pantalones cortos,
        pantaloncini, spodenki, 短裤, ショートパンツ, 반바지, шорты
    """,
    ("trousers", "joggers"): """
        joggers, sweatpants, jogging pants, track pants, -jogginghose, -trainingshose,
        pantalon de jogging, 运动裤, スウェットパンツ, 조거
    """,
    ("trousers", "leggings"): """
        leggings, legging, -leggings, -leggins, 打底裤, レギンス, 레깅스, легинсы
    """,
    ("trousers", "trousers"): """
        trousers, trouser, pants, slacks, chinos, chino, cargos, -hose, -hosen, pantalon,
        pantalones, pantaloni, calcas, -broek, spodnie, -byxor, -bukser, -buks, pantolon, 裤子,
        长裤, 西裤, 裤, ズボン, パンツ, 바지, брюки, штаны
    """,
    ("dresses-and-skirts", "dress"): """
        dress, -kleid, -kleider, gown, sundress, ~robe, robe d ete, vestido, vestito, -jurk,
        sukienka, -klanning, -kjole, elbise, jumpsuit, romper, 连衣裙, 洋装, ワンピース, ドレス,
        드레스, 원피스, платье
    """,
    ("dresses-and-skirts", "skirt"): """
        skirt, -skirt, skort, ~rock, ~rocke, -minirock, -jeansrock, -faltenrock, -bleistiftrock,
        -lederrock, -midirock, -maxirock, -tellerrock, -wickelrock, jupe, falda, gonna, rok,
        spijkerrok, spodnica, -kjol, saia, etek, 半身裙, 短裙, 长裙, 裙, スカート, 스커트, 치마,
        юбка
    """,
    ("footwear", "sneaker"): """
        sneaker, sneakers, trainers, plimsoll, plimsolls, running shoe, running shoes,
        -turnschuh, -turnschuhe, -sneaker, ~baskets, zapatillas, deportivas,
        scarpe da ginnastica, tenis, 运动鞋, 球鞋, スニーカー, 운동화, 스니커즈, кроссовки,
        кеды
    """,
    ("footwear", "boot"): """
        boot, boots, ankle boots, -stiefel, -stiefelette, -stiefeletten, bottes, bottines,
        botas, botines, stivali, stivaletti, -laarzen, buty zimowe, kozaki, 靴子, 短靴, 长靴,
        ブーツ, 부츠, ботинки, сапоги
    """,
    ("footwear", "loafer"): """
        loafer, loafers, moccasin, moccasins, -mokassin, -mokassins, mocassins, mocasines,
        mocassini, 乐福鞋, ローファー, 로퍼, лоферы
    """,
    ("footwear", "sandal"): """
        sandal, sandals, flip flops, ~slides, -sandalen, -sandale, sandales, sandalias, sandali,
        凉鞋, サンダル, 샌들, сандалии
    """,
    ("footwear", "shoe"): """
        shoe, shoes, slip on, slip ons, slipon, slipons, slipper, slippers, clogs, ~heels,
        high heels, ~pumps, ~flats, oxfords, -schuh, -schuhe, -hausschuh, chaussure, chaussures,
        zapato, zapatos, scarpa, scarpe, -schoen, -schoenen, buty, -skor, sko, ayakkabi,
        sapatos, 鞋, シューズ, 靴, 신발, 구두, обувь, туфли
    """,
    ("bags", "backpack"): """
        backpack, back pack, rucksack, -rucksack, knapsack, daypack, sac a dos, mochila, zaino,
        -rugzak, plecak, -ryggsack, sirt cantasi, 背包, 书包, リュック, バックパック, 배낭,
        백팩, рюкзак
    """,
    ("bags", "tote bag"): """
        tote, tote bag, -tragetasche, -stoffbeutel, -jutebeutel, shopper, cabas, 托特包,
        トートバッグ, 토트백, 에코백
    """,
    ("bags", "bag"): """
        bag, -bag, handbag, purse, satchel, messenger bag, duffel, clutch, pouch, suitcase,
        fanny pack, -tasche, -beutel, -koffer, sac, sacoche, bolso, bolsa, borsa, borsetta,
        -tas, torba, torebka, -vaska, -taske, ~canta, handtas, schoudertas, 手提包, 挎包, 包包,
        包, 鞄, バッグ, かばん, 가방, сумка
    """,
    ("other", "mug"): """
        mug, cup, teacup, -tasse, -becher, taza, tazza, mok, kubek, caneca, 马克杯, 杯子, 杯,
        マグカップ, 머그, кружка, чашка
    """,
    ("other", "watch"): """
        watch, wristwatch, smartwatch, -armbanduhr, uhr, wanduhr, montre, reloj, orologio,
        -horloge, zegarek, 手表, 腕表, 腕時計, 시계, часы
    """,
    ("other", "chair"): """
        chair, armchair, stool, -stuhl, -sessel, -hocker, chaise, fauteuil, silla, sedia,
        -stoel, krzeslo, 椅子, 椅, チェア, 의자, стул, кресло
    """,
    ("other", "toy"): """
        toy, doll, plush, plushie, teddy, rubber duck, figurine, -spielzeug, -pluschtier,
        -kuscheltier, -puppe, jouet, peluche, juguete, giocattolo, zabawka, 玩具, おもちゃ,
        ぬいぐるみ, 장난감, 인형, игрушка
    """,
    ("other", "hat"): """
        hat, cap, ~caps, beanie, bucket hat, -mutze, -muetze, hut, strohhut, sonnenhut,
        fischerhut, -kappe, ~basecap, bonnet, casquette, chapeau, sombrero, gorra, gorro,
        cappello, berretto, czapka, 帽子, 帽, キャップ, ハット, 모자, шапка, кепка
    """,
    ("other", "belt"): """
        belt, -gurtel, -guertel, ceinture, cinturon, cintura, pasek, 腰带, 皮带, ベルト, 벨트,
        ремень
    """,
    ("other", "scarf"): """
        scarf, shawl, neck warmer, -schal, -halstuch, echarpe, foulard, bufanda, sciarpa,
        szalik, 围巾, マフラー, 스카프, шарф
    """,
    ("other", "socks"): """
        sock, socks, -socken, -strumpf, chaussettes, calcetines, calzini, skarpetki, 袜子, 袜,
        ソックス, 靴下, 양말, носки
    """,
    ("other", "gloves"): """
        glove, gloves, mittens, -handschuh, -handschuhe, gants, guantes, guanti, rekawiczki,
        手套, 장갑, перчатки
    """,
    ("other", "eyewear"): """
        sunglasses, glasses, eyewear, sunnies, -brille, lunettes, gafas, occhiali, okulary,
        眼镜, 太阳镜, サングラス, 眼鏡, 안경, очки
    """,
    ("other", "wallet"): """
        wallet, card holder, -geldborse, -geldboerse, -portemonnaie, -brieftasche, portefeuille,
        cartera, portafoglio, portfel, 钱包, 財布, 지갑, кошелек
    """,
    ("other", "jewellery"): """
        ~ring, necklace, bracelet, earring, earrings, pendant, jewelry, jewellery, -halskette,
        -armband, -ohrringe, collier, collar de plata, collana, 项链, 戒指, ネックレス, 목걸이,
        кольцо
    """,
    ("other", "bottle"): """
        bottle, flask, tumbler, -flasche, bouteille, gourde, botella, bottiglia, -fles, butelka,
        水瓶, 瓶, ボトル, 물병, бутылка
    """,
    ("other", "lamp"): """
        lamp, lantern, -lampe, -leuchte, luminaire, lampara, lampada, 灯, ランプ, 램프, лампа
    """,
    ("other", "vase"): """
        vase, -vase, jar, -krug, florero, vaso decorativo, wazon, 花瓶, 꽃병, ваза
    """,
    ("other", "cushion"): """
        cushion, pillow, -kissen, coussin, cojin, cuscino, poduszka, 抱枕, 枕, クッション, 쿠션,
        подушка
    """,
    ("other", "towel"): """
        towel, blanket, -handtuch, -decke, serviette, couverture, toalla, manta, asciugamano,
        recznik, 毛巾, 毯子, タオル, 수건, полотенце
    """,
    ("other", "table"): """
        ~table, coffee table, side table, dining table, desk, -tisch, mesa, tavolo, 桌子,
        テーブル, 테이블, стол
    """,
    ("other", "tableware"): """
        plate, bowl, teapot, shaker, shakers, mill, -teller, -schussel, -schuessel, -kanne,
        assiette, theiere, plato, cuenco, piatto, 盘子, 碗, 茶壶, 皿, 접시, тарелка
    """,
    ("other", "electronics"): """
        headphones, earphones, charger, phone case, keyboard, speaker, camera, hairdryer,
        -kopfhorer, -handyhulle, casque audio, auriculares, 耳机, 手机壳, イヤホン, 이어폰,
        наушники
    """,
    ("other", "candle"): """
        candle, candle holder, -kerze, -kerzenhalter, bougie, vela, candela, 蜡烛, キャンドル,
        양초, свеча
    """,
    ("other", "umbrella"): """
        umbrella, -regenschirm, parapluie, paraguas, ombrello, parasol, 雨伞, 傘, 우산, зонт
    """,
    ("other", "box"): """
        gift box, packaging, carton, -verpackung, -schachtel, emballage, caja, scatola, pudelko,
        包装盒, 盒子, 箱, 상자, коробка
    """,
}  # fmt: skip

# What follows these words says what the product goes with, not what it is.
TURNS = frozenset(
    [
        *("with", "for", "from", "by", "featuring", "made"),
        *("mit", "fur", "fuer", "aus", "von", "im"),
        *("avec", "pour", "con", "para", "com", "dla", "met", "voor", "van", "med", "til"),
    ]
)

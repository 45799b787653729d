"""Polish words of the appointments desk; the forms matter as much as the senses (aspect, tense, person)."""

from dialogs.understanding.words.pl_turns import PATTERNS, PHRASES

__all__ = ["FORMS", "PATTERNS", "PHRASES"]

FORMS: dict[str, str] = {
    "yes": "tak taak tka takk owszem zgoda dokladnie tal tk taj ano",
    "surely": "jasne oczywiscie naturalnie napewno absolutnie jasna",
    "ok": "ok oki okej okey okay okok dobrze dobra spoko git super swietnie przyjalem przyjelam przyjeto rozumiem",
    "neg": "nie ani bez niee nje neie nei niy ni nir niw nid nue nke nle bie jie hie",
    "never": "nigdy nigdzie nikt zaden zadn(ej,ego,a,e,ych,emu)",
    "cancel.1": "uniewazniam wymazuje zdejmujemy wyrejestrowuje wymeldowuje kasujemy skreslamy wykreslamy zwalniamy oddajemy odwolujem "
    "odwoloje odwoluem odwouje odwoluej odwoluje anuluje "
    "rezygnuje kasuje wypisuje skreslam wykreslam odpuszczam odmeldowuje zwalniam oddaje "
    "wycofuje odpadam odowluje odowoluje odwolujemy anulujemy rezygnujemy usuwam",
    "cancel.fut": "odwolam zrezygnuje skasuje wypisze odwolamy zrezygnujemy",
    "cancel.inf": "uniewaznic wymazac wyrejestrowac przekreslic uwolnic odwolac zdjac wymeldowac anulowac zrezygnowac skasowac wypisac "
    "skreslic wykreslic odmeldowac zwolnic oddac wycofac "
    "usunac odpuscic zlikwidowac wykasowac",
    "cancel.ipf": "odwolywac odwoluj odwolujcie odwolujmy rezygnowac odwolywania kasowac kasuj kasujcie wypisywac wypisuj "
    "wypisujcie skreslac skreslaj skreslajcie wykreslac wykreslaj wykreslajcie usuwac usuwaj "
    "usuwajcie zwalniac zwalniaj oddawac oddawajcie wycofywac",
    "cancel.imp": "przekresl przekreslcie uwolnijcie wymazcie wyrejestrujcie wymeldujcie uniewaznijcie zwolnij zdejmijmy odwolojcie "
    "odwolujta zdejmij zdejmijcie wykasuj wykasujcie wywalcie odwolaj odwolajcie odwolajmy skasuj skasujcie wypisz "
    "wypiszcie skresl skreslcie wykresl "
    "wykreslcie usun usuncie wycofaj wycofajcie zwolnijcie anuluj anulujcie oddajcie",
    "cancel.noun": "odwolanko anulowanko wycofka "
    "kasacja kasacje kasacji skasowania anulacja odmowa odwolanie odwolania odwolaniu odwolaniem anulowanie "
    "anulowania anulacja anulacje anulacji "
    "anulowaniu rezygnacja rezygnacje rezygnacji skreslenie wykreslenie wypisanie skasowanie usuniecie anulacj",
    "cancel.past": "odwolal(em,am,ismy,ysmy,a,i,y,o) odwolal anulowal(em,am,ismy,ysmy,a,i,y) anulowal "
    "zrezygnowal(em,am,ismy,ysmy,a,i,y) zrezygnowal skasowal(em,am,a,i) skasowal wypisal(em,am,a,i) "
    "wykreslil(em,am,a,i) skreslil(em,am,a,i) odwolywal(em,am,a,i,ismy) odwolywal rezygnowal(em,am,a) odwolano anulowano "
    "odwolaliscie odwolalyscie anulowaliscie skasowaliscie usuneliscie usunal usunelam usunieto oddal(em,am)",
    "cancel.other": "odwol(a,asz,acie,aja,alby,alaby,aliby,ujesz,ujecie,uja,ywalby,ujacy,awszy,ywany,ani,anym,alismy) odwoluja "
    "odwolywan(a,e,y) anul(uja,ujesz,ujecie,owalby,owalaby,ujacy) zrezygn(uja,ujesz,ujecie,owalby,owalaby,uj,ujcie) "
    "rezygn(uja,ujesz,ujecie,owalby,ujacy,uj,ujcie) skasuj(a,esz,ecie) kasuj(a,esz) wypisz(a,esz,ecie) wypisuj(a,esz) "
    "wykresl(a,i,isz,icie) skresl(a,i,isz) "
    "usun(a,ie,iesz,iecie) zwolni zwolnia odda oddadza",
    "cancel.cond": "odwolal(bym,abym) zrezygnowal(bym,abym) anulowal(bym,abym)",
    "cancel.done": "odwolan(a,e,y,o,ej,ych) anulowan(a,e,y,ej,ych) skasowan(a,e,y) wypisan(a,y) skreslon(a,y) wykreslon(a,y)",
    "attend.1": "dojezdzam dojezdzamy doturlam zamelduje zameldujemy zawitamy przida przijda przijada przijdymy przijadymy przynde "
    "przyjadem przyjadym przyjado dojadem dojadym przyjde "
    "dojde dojdziemy podejdziemy przyczlapie dotocze przyleze przywloke dotrwam wstawie przyjdziemy przyjade "
    "przyjedziemy dotre dotrzemy dojade zjawie stawie pojawie przybede "
    "podjade podejde pojde pojade wpadne przychodze przyjezdzam ide jade wybieram skorzystam stawiam zglosze "
    "ogarne ogarniemy wbijam wbije doczolgam dowloke dotelepie dolaze zawitam zajde zaleze przyde przyjd przyjdem przyjdr "
    "doczlapie dolece docieram doslapie zjawimy stawimy pojawimy przybedziemy",
    "attend.inf": "wbic wpadac zajechac doczlapac przyjezdzac dojezdzac jechac przyjsc przyjechac dotrzec dojechac zjawic stawic "
    "pojawic przybyc isc pojsc pojechac byc "
    "uczestniczyc skorzystac przybywac przychodzic dojsc podjechac wpasc podskoczyc przysc przjsc przyjs stawienia "
    "przyjscia przybycia przyjazdu dotarcia dojazdu obecnosci stawiennictwa",
    "attend.3": "przyjezdza przyjezdzaja przychodzi jedzie jada idzie ida przyjdziesz przyjdziecie przyjedziesz przyjedziecie pojda "
    "pojada dotra zjawia stawia pojawia "
    "bedziesz bedziecie przyjedzie przyjada przyjdzcie przyjdzie przyjedzie dotrze dojedzie zjawi stawi pojawi "
    "przybedzie skorzysta przyjda pojdzie pojedzie",
    "attend.past": "bylem bylam byl byla bylismy bylysmy przyszedlem przyszlam przyszedl przyszla przyszlismy przyszlo "
    "przyjechalem przyjechalam przyjechal przyjechala dotarlem dotarlam dotarla dotarl stawilem stawilam pojawilem "
    "pojawilam skorzystalem skorzystalam",
    "attend.cond": "przyszedlbym przyszlabym bylbym bylabym",
    "bede": "bede bedziemy beda bd byda byde bydymy bydziemy bydem bedo",
    "bedzie": "bedzie",
    "mnie": "mnie nas",
    "present": "obecny obecna obecni",
    "can.1": "poradza moge mozemy potrafie zdolam umiem mg mge moeg mogie mogem",
    "can.fut": "mog mogl mogla moglbym moglabym chcial chciala musial musiala",
    "can.3": "moze moga zdola mozna wolno",
    "can.past": "moglem moglam moglismy moglysmy",
    "rada": "rady rade",
    "dam": "dam damy daje dajemy damm dm dma",
    "da": "da dadza",
    "uda": "uda",
    "zdaze": "zdaze zdazymy wyrobie wyrobimy",
    "have": "mam mamy mom mume",
    "have.3": "ma",
    "means": "jak czym mozliwosci mozliwosc",
    "lack": "brak brakuje",
    "want.1": "chce chcemy chcialbym chcialabym chcialem chcialam chcielibysmy wole wolalbym wolalabym pragne zyczymy "
    "zycze zamierzam planuje chcw chcialbyn",
    "need.1": "potrzebuje potrzebujemy potrzebna potrzebne potrzebny",
    "must.1": "musze musimy musi musisz musicie zmuszony zmuszona trzeba nalezy",
    "please": "prosze prosimy prosba prosil(bym,abym) poprosze prosba pros prosz uprzejmie bardzo poprosze proze porsze prosze",
    "aby": "aby zeby azeby iz ze",
    "let": "niech niechze",
    "abym": "abym zebym zebysmy abysmy zebyscie abyscie",
    "visit.noun": "okienko okienka okienku slot slotu bilans bilansu bilansie zastrzyk zastrzyki zastrzyku biopsje biopsja biopsji "
    "gastroskopie gastroskopia gastroskopii kolonoskopie kolonoskopia swiadczenia swiadczenie numerkiem wizycike wizytki "
    "numerek numerka numerku kontrola kontroli kontrole dochtor dochtora dochtorze doktorka doktorki doktorke kardiolozka "
    "kardiolozke kardiolozki lykorza lekorza kardio "
    "gabinet gabinetu wizita wizite wizety wizete wizyda wyzyte vizyte vizyta grafik grafiku kalendarza terminarza terminarz wizyta "
    "wizyte wizyty wizycie wizyt wizyta termin terminu "
    "terminie terminem terminy rezerwacja rezerwacje "
    "rezerwacji badanie badania badaniu konsultacja konsultacje konsultacji porada porade porady "
    "zapis zapisu kardiolog kardiologa kardiologu kardiologiem kardiologii kardiologia lekarz lekarza doktor doktora "
    "mammografia mammografie mammografii cytologia cytologie cytologii szczepienie szczepienia szczepieniu zabieg "
    "zabiegu wizytke wizyke wiyte wzyte rejestracja rejestracje rejestracji termn godzine godzina ekg echo usg miejsce miejsca zapisy",
    "visit": "ja to te ta ten tego tej mnie nas moja moje moj mojej mojego nasza nasze go ja swoja swoj swoje "
    "jego jej ich swojej mych nasz naszej",
    "pool": "poczekalnia poczekalni poczekalnie kolejka kolejki kolejce kolejke kolejek poczekalnii oczekujacych rezerwowej rezerwowa",
    "other.thing": "handlowca handlowiec montaz montazu parkingowe parkingowego techniczne technicznego kortu kort kurs kursu domku "
    "kwalifikacyjna kwalifikacyjnej "
    "technika instalatora kominiarza montera monterow weterynarza weterynarz fotografa stolarza slusarza malarza "
    "tapicera tatuazysty "
    "masazysty kosmetologa podologa brafitterki notariusza adwokata prawnika radcy doradcy agenta rzeczoznawcy geodety ksiedza trenera "
    "serwisu serwis gazownika dekarza glazurnika ogrodnika niani krawcowej szewca jubilera psa psem kota kotem pieska kotka "
    "korki korkow korepetycje korepetycji subskrypcje subskrypcji catering karnet karnetu pakiet pakietu przesylke "
    "dostawe pizze pizza pizzy stolik stolika serwisanta elektryka mechanika fachowca masaz masazu manicure opon "
    "przeglad przegladu auta nianie opiekunke sprzataczke korepetytora "
    "kosiarke lodowke meble kanape zmywarke fotowoltaike netflixa netflix spotify hulajnoge rower ksiazki ksiazke "
    "fryzjerki kosmetyczki dane konto profil zdjecie zdjecia spotkanie spotkania narade narada urlop urlopu lot "
    "lotu hotel "
    "hotelu pociag pociagu wesele "
    "taksowke taksowki taxi transport transportu "
    "fryzjera fryzjer fryzjerke kosmetyczke dentyste dentysty dentyscie stomatologa ortopedy ortopede okuliste okulisty "
    "neurologa wyjazd wyjazdu impreze alarm zgode zgody pelnomocnictwo recepte recepty abonament umowe umowy zamowienie "
    "obiad wycieczke rehabilitacje dermatologa urologa rodzinnego pediatry okulistki zajec zajecia lekcje gosci bilet "
    "bilety kawe basen silownie paczke kuriera remont hydraulika ekipe sklep prenumerate newsletter",
    "undo.thing": "odwolanie odwolania rezygnacje rezygnacji poprzedniego poprzednia poprzedniej poprzedni poprzednie",
    "messages": "esemesow esemesy esemesami telefonow numer smsy smsow smsami wiadomosci powiadomien powiadomienia "
    "powiadomieniami przypomnien przypomnienia reklam",
    "other.place": "rozprawe rozprawie "
    "salonie salonu urzedzie banku warsztacie warsztatu kursie lekcjach zajeciach wykladach przedszkola przedszkolu "
    "uczelni uczelnie klasie silowni kosciele msze "
    "kawe kawy robocie roboty robote pracy pilke trening urodziny kolacje szkole szkoly domu kosciola kina "
    "zakupy sklepu manikiur paznokcie pogrzeb pogrzebie komisje zebranie zebraniu spotkanie grilla impreze mecz "
    "babci cioci wujka kolegi kolezanki rodzicow tesciow wnukow kumpla dziewczyny piwo kregle randke probe chor klub treningu "
    "szkolenie szkoleniu zajecia zajec kurs kursie odprawe dyzur zmiane nocke budowe urzedu poczty biura firmy zebrania komunie chrzciny "
    "silke silka silki fitness joge jogi zumbe bal herbate lody spacer rower basenie kort narty wyjazd kawie "
    "obiedzie treningi mecze koncert teatru msze roraty "
    "meczu lotnisko lotnisku dworzec wernisaz wywiadowke wywiadowce jaselka jaselkach parapetowke imprezke imprezie "
    "konferencje konferencji wystep spektakl wycieczke wycieczce pielgrzymke dyskoteke warsztaty warsztatach probie "
    "zjazd turniej turnieju zawody zawodach imieniny imieninach obiadek obiad obiedzie kolacji randce "
    "meczu basen silownie wyklady wykladzie lekcje lekcji sylwestra wigilie slub slubie wesele weselu",
    "told": "odbierz zawiez zaprowadz "
    "kurier hydraulik elektryk monter serwisant listonosz dostawca taksowkarz przewoznik przychodz przyjezdzaj przyjdz wpadnij",
    "intimate": "ci cie ciebie toba tobie twoj twoja twoje twoim twojej buziaki buziak buzka caluje kocham sluchaj misiek calusy "
    "ogarnij ogarniesz",
    "vocative": "mecenasie prezesie "
    "kierowniczka szefuncio prezesko wodzu trenerko misiaczku kumie kumo stryjku kochana kochany kochaniutka slonko slonce "
    "kochanie skarbie mamo tato synku coreczko corciu stary ziomek ziom kolego "
    "kolezanko szefie szefowo basiu kasiu aniu "
    "gosiu marysiu jasiu stasiu zosiu krysiu tomku marku janku krzysiu grzesiu piotrek piotrku pawle pawelku olu magdo moniko ewo "
    "asiu agnieszko beato iwono jacku michale marcinie wojtku adasiu bartku kubo misiu babciu dziadku ciociu wujku siostro bracie "
    "halinko jadziu helenko tereniu bozenko grazynko renatko trenerze dyrektorze kierowniku kierowniczko prezesie",
    "criteria": "kryteria kryteriow kryterium kod kodu miasto miasta miejscowosc odleglosc odleglosci promien obszar "
    "lokalizacje lokalizacji preferencje preferencji ograniczenie ograniczenia przychodnie preferowane",
    "waiting": "czekam czekac poczekam czekamy oczekuje",
    "wish": "wolalbym wolalabym",
    "reason": "morzem morze morza gory gorami gorach wczasy wczasach urlopie wakacjach wakacje kraju polsce choroby chorobowych "
    "zdrowotnych rodzinnych sluzbowych osobistych losowych zawodowych pogody "
    "sniegu zle slabo kiepsko niedobrze awaria awarii wypadek delegacji delegacje delegacja zagranica granica "
    "sanatorium sanatorium chora chory chore choroba chorobe choruje goraczka goraczke covid covida grype grypa "
    "szpitalu szpital "
    "przeziebiona przeziebiony zlamalam zlamalem wyjezdzam wyjazdu pracuje jestem jestesmy leze przez kwarantanna "
    "kwarantannie angine angina zapalenie zalatwilam zalatwilem gips gipsie",
    "plain": "karty karta karte zapisala zapisal zapisali zaluje robie robimy mowa sad sadzie sadu rozprawe rozprawa ma "
    "byl byla bylo sa jest ale albo lub czyli wiec gdzie kiedy "
    "skoro zeby mimo moge musi chce mam masz maja dam da daj "
    "daje dal dala den dni doba dr emu faks fala film gips grypa herb idzie inna ja jak jeden jemu jezu jutro kasa kawa kara klasa "
    "kod kolo kosz kraj krew kto lato lata lewa lezy lub luty maj mapa meza mial miec mna mnie mna moc moga moze my nad nago noc nowa "
    "nowy numer oba obie oczy oni oraz oto pa pana pani piec pisze plac plan po pod poki pol pora pracy prad prof ps pt raz razem "
    "rano reke rok rodo rynek sale sama same sami serce sila sms smsa stan stad strach syna szef tam tata tej ten tez ta tych tyl "
    "tym uraz usg w we wam was waz wam wie wiem wie wisi wola wolno woda wrot wsi wy wam z za zal zas ze zima zly zona zonie zus "
    "pluc puls zeba oku uchu nerka nerki jelita udar szok wnuki wnuk gips leku sil "
    "auta atak babka bardzo ból biore biodro brat busa busem chory cena cos czy dala dam doba dzis echo ekg grypa guz kolka krzyz "
    "lek leki lezy mama mame mdli nfz noge nogi nos nowe obca oczy pech pilne pks plecy podroz pracy psa rana rwa serca skan slaby "
    "sor stopa szpital tarczyca test uraz usta ucho wada wiek wlot wozek wyjazd wynik zab zator zawal zle znow "
    "zdazy nic nim nia niej nich niz niego niemu tyle tylko taki taka takie kto kim jako on ona oni wy ty sobie "
    "soba "
    "aha ano bo oby przy nawet caly cala cale czas rok lat auto syn dom dzis noga nogi reka oko zab glowa sam maz bol leki lek "
    "kot pies praca mnie inni inne raz dwa sto beda byly byle malo duzo wiele ktos cos gdzies jakis jakas pare moi "
    "wypis wypisu wypisie oboje dostaje zmienil zmieni zmienia przepisal przepisala odbierac odwiedzic "
    "odwiedze odwiedzam odwiezie przywiezie przyjeto przyjmuja przyjmie przyjazdem przyslac przysle przychodza rezyser oddaja",
    "name": "anna anny maria marii katarzyna malgorzata agnieszka barbara ewa krystyna elzbieta zofia teresa janina jadwiga "
    "danuta irena halina helena grazyna bozena jolanta wanda stanislawa genoweta genowefa marianna joanna monika "
    "dorota beata iwona renata magdalena aleksandra natalia karolina julia paulina jan andrzej piotr krzysztof "
    "stanislaw tomasz pawel jozef marcin marek michal grzegorz jerzy tadeusz adam lukasz zbigniew ryszard dariusz "
    "henryk mariusz kazimierz wojciech robert mateusz marian rafal jacek janusz miroslaw maciej slawomir jaroslaw "
    "kamil wieslaw roman boleslaw waclaw edward zygmunt eugeniusz leszek bogdan stefan kowalski kowalska nowak",
    "accept": "przyjmuje przyjmujemy biore bierzemy wezme akceptuje akceptujemy rezerwuje biere zaklepuje klepie zgadzam",
    "accept.inf": "przyjac zaakceptowac zarezerwowac rezerwowac",
    "decline": "odrzucam odrzucamy odrzuc odmawiam odpada podziekuje",
    "change.1": "przekladam zmieniam przesuwam przenosze",
    "change.inf": "przelozyc zmienic przesunac przeniesc przebukowac przepisac zamienic przestawic przekladac zmieniac "
    "przesuwac przenosic przepisac przyspieszyc opoznic odroczyc przelozyć przeozyc przelozc",
    "change.imp": "przelozcie zmiencie przesuncie przeniescie zmien przesun przeloz przelozyc przepiszcie przesunmy",
    "change.noun": "odroczenie odroczenia zamiane zmiana zmiane zmiany przelozenie "
    "przelozenia przesuniecie przesuniecia przeniesienie przeniesienia przesuniecie",
    "change.past": "przelozyl przelozyla zmienil przesunal przesunela przeniosl przeniosla przyspieszyl(i,em,am,a) przyspieszono "
    "przelozyl(em,am,i) zmienil(em,am,i) przesunal przesunelam przesuneli "
    "przeniesiona przeniesiony "
    "przelozona przelozony zmieniona zmieniony przesunieta przesuniety przelozono zmieniono przesunieto przeniesli",
    "other.date": "inny inna inne innego innej innym nowy nowa nowego nowej pozniejszy pozniejsza wczesniejszy "
    "wczesniejsza pozniejszego wczesniejszego kolejny kolejnego nastepny nastepnego dalszy blizszy",
    "date.noun": "termin terminu terminy terminie godzine godzina godziny godzinie dzien dnia dniu data date "
    "daty date wizyte wizyty wizyta pora pore",
    "other.time": "pozniej wczesniej",
    "confirm.1": "potwierdzam potwierdzamy potwierdzone potwierdz potwiedzam potwierdzma potwierdam",
    "confirm.inf": "potwierdzic",
    "confirm.noun": "potwierdzenie potwierdzenia",
    "valid": "aktualne aktualna aktualny zostaje pasuje odpowiada pasi zostawiam zostawcie zachowac "
    "zachowuje utrzymuje utrzymac podtrzymuje obowiazuje niezmienna zostaja pamietam",
    "invalid": "zbyteczna zbyteczny zbyteczne nieaktualne nieaktualna nieaktualny niepotrzebna niepotrzebne niepotrzebny zbedna zbedny",
    "fits": "pasuje odpowiada pasowal pasowala",
    "doubt": "najpewniej najprawdopodobniej mozliwie zart zartuje zartowalem zartowalam zarty chyba moze raczej "
    "prawdopodobnie ewentualnie mozliwe "
    "niewykluczone najwyzej watpie watpliwe zastanawiam "
    "waham podobno ponoc rzekomo zobacze zobaczymy byc_moze obawiam boje przypuszczam pewnie niepewna niepewny "
    "rozwazam przemysle pomysle mysle sadze zapewne podejrzewam",
    "if": "teoretycznie hipotetycznie zalozmy przypuscmy zanim poki przeciwnym pod_warunkiem oby jesli(,by,bym,bys,bysmy,byscie) "
    "jezeli(,by,bym,bys,bysmy,byscie) "
    "gdyby(,m,s,smy,scie) jakby(,m,s,smy,scie) chyba_ze gdy jak zaleznie "
    "zalezy uzaleznione inaczej dopoki poki",
    "ask": "ktorym ktorego ktorych ktore ktorzy czemuz czy jak kiedy gdzie co ile jaki jaka jakie jakiego kto "
    "kogo komu dlaczego czemu skad ktora ktory ktorej "
    "kturej po_co czyli",
    "said": "wyslal wyslalam wyslalem wyslala wyslali wpisal wpisala wcisnal wcisnelam nacisnelam przekazal "
    "przekazala prosila prosil zapowiedzial zapowiedziala oznajmil oznajmila stwierdzil stwierdzila wspominal "
    "wspominala krzyczy twierdza pisali pisaly slychac gadaja opowiadal uprzedzal uprzedzala zarzeka wmawia "
    "napisac napisze napisz wyslac wysle wpisac wpisze wyslalo mowi mowil mowila mowili powiedzial powiedziala "
    "powiedzieli napisal napisala kazal "
    "kazala kaza kazali pyta pytal pytala pytaja twierdzi twierdzil slyszalem slyszalam poinformowano poinformowali "
    "poinformowal uslyszalem podobno ponoc mowiono napisane pisalo radzi radzil namawia namawiaja sugeruje doradza "
    "zadzwonila zadzwonil zadzwonili dzwonila dzwonili dzwonil napisali mowia myslalem myslalam "
    "powiedziano uwaza chce_zebym",
    "family": "wuja wuj ciotka ciotke tescia mlody "
    "tato tatus mamunia babunia prababcia ziec synowa szwagier szwagierka bratowa kuzyn kuzynka partner partnerka narzeczony "
    "narzeczona chrzestna wujek mama mamy mamusia tata taty maz zona corka syn babcia dziadek dziecko dziecka ojciec matka tesciowa "
    "tesc siostra brat ciocia wujek pacjent pacjentka pacjenta pacjentki wnuczka wnuk synek coreczka podopieczna "
    "podopieczny mame tate meza zone corke syna babcie dziadka ojca matke mamie",
    "doctor": "lekarz lekarka doktor pani pan przychodnia klinika szpital rejestracja placowka panstwo kardiolog "
    "recepcja rejestratorka placowki przychodni poradnia poradni poradnie przychodnie gabinecie gabinet",
    "self": "ja my sam sama osobiscie",
    "announce": "oswiadczam nadmieniam informuje zawiadamiam zglaszam oznajmiam powiadamiam poinformowac zawiadomic zglosic powiadomic "
    "powiedziec oznajmic przekazac pisze dzwonie donosze",
    "family.nom": "wuj ciotka podopieczna podopieczny "
    "tatus mamunia babunia prababcia ziec synowa szwagier szwagierka bratowa kuzyn partner partnerka narzeczony "
    "narzeczona chrzestna mama mamusia tata tato maz zona corka syn babcia dziadek ojciec matka tesciowa tesc siostra "
    "brat ciocia wujek pacjent pacjentka wnuczka wnuk kolega sasiadka sasiad znajoma znajomy kolezanka kuzynka "
    "opiekunka",
    "be": "jest jestem jestesmy sa",
    "or": "lub albo czy",
    "manner": "rowerem autem samochodem taksowka pociagiem tramwajem busem autobusem motorem windy czczo pozniej wczesniej "
    "spozniony spozniona sam sama sami bez niz pieszo autem osobno glodny glodna pijany pijana trzezwy "
    "nieprzygotowany nieprzygotowana",
    "then": "wczoraj ostatnio poprzednio przedtem onegdaj zeszlym ubieglym ostatnim poprzednim",
    "clitic": "bm br tel pozdr dn dot siedze trzyma systemu zeszytu rejestru planu afisza ewidencji puli walkowerem definitywnie innemu "
    "potrzebujacemu potrzebujacym komus was wami nam nas we ku nad pod przed od miedzy razem pana panstwa jego jej ich "
    "sie mi juz tam tez "
    "jutro dzis dzisiaj pojutrze niestety wiec to na pewno jednak wcale w ogole bardzo "
    "teraz raczej panstwu wam pani panu ja my i a no jej go za po do u z ze o tym ten ta te tej tego tego sam sama te "
    "ta jednak poprostu prostu calkiem calkowicie zupelnie definitywnie absolutnie napewno zadnym wypadku wogole "
    "obecnie w tym_roku stanie zatem niestey "
    "bo rano wieczorem poniedzialek wtorek srode czwartek piatek sobote niedziele osobiscie bym",
    "greet": "witam czesc hej halo dzien dobry siema siemka hejka elo",
    "turn": "rozmyslilem rozmyslilam rozmyslilismy zmienilezdanie",
    "filler": "niniejszym kochani wybaczcie wybacz y e eh ech nara yo elo pls thx plis siema eeee yyyy witam dzien dobry czesc hej halo "
    "serdecznie pozdrawiam "
    "pozdrowienia dziekuje dziekuje dzieki przepraszam "
    "sorry sory sorki przykro szanowni panstwo dobry wieczor wieczor milego dnia zdrowia z powazaniem wyrazami "
    "szacunku uprzejmie bardzo prosze niestety jednak ale a i no wiec eee yyy hmm hm ojej oj ach o",
    "thanks": "dziekuje dziekuje dzieki dziekujemy dzieka dziekowac dziekii dziekuje dziekuj podziekowania thx bardzo_dziekuje",
    "because": "bo poniewaz gdyz powodu dlatego albowiem wzgledu poniewarz bowiem",
    "but": "ale lecz natomiast tylko jednak a",
    "fix": "pomylka pomylkowo pomylilem pomylilam pomylke przypadkiem przypadkowo omylkowo niechcacy",
    "undo": "cofnij cofnac cofam cofnijcie cofniecie przywroc przywroccie przywrocic przywrocenie przywrocenia odkrec "
    "odkrecic wycofuje_sie anulowac_odwolanie odwolac_odwolanie cofnji confij",
    "other.verb": "czekac zapomniec zapomne spozniac spoznic spoznie dzwonic zadzwonic pisac zalogowac znalezc oddychac "
    "doczekac dodzwonic placic rozmawiac rozumiec widze wiem widziec wiedziec zapisac zapisywac umowic rejestrowac "
    "potwierdzic jesc pic brac zmieniac wejsc otworzyc odebrac odbierac odpisac mowic spac wstac schodzic chodzic "
    "wysylac wysylajcie wysylaj pisac piszcie wpisz wpiszcie wpisujcie zapisz zapiszcie zapisali dopisac dopisz dopiszcie "
    "podpisac opisac przypisac umowcie rejestrowac zarejestrowac",
}
